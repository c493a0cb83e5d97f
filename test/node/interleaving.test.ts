import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { test } from 'vitest'
import type { Order } from '../../src/message/options.ts'
import { Interleaving } from '../world/interleaving.ts'

const ORDERS: readonly Order[] = ['queue', 'group', 'none']

/** How many for each order. The seeds are their numbers: each is the same every time. */
const COUNT = Math.ceil(Number(process.env['INTERLEAVINGS'] ?? 1_800) / ORDERS.length)
/** One alone, to be looked at. */
const SEED = process.env['INTERLEAVING_SEED']

test.each(ORDERS)(
  `order: '%s': in ${COUNT} random interleavings of tabs that enqueue and leaders that drain, the counters agree with the contents after each transaction`,
  async (order) => {
    const seeds = SEED === undefined ? Array.from({ length: COUNT }, (_, n) => n + 1) : [Number(SEED)]
    for (const seed of seeds) {
      globalThis.indexedDB = new IDBFactory()
      await new Interleaving(seed, order).run()
    }
  },
  600_000,
)

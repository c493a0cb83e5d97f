import type { Death, Held, PlacedMessage } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { readHead, readTail, writeHead } from './schema.ts'
import type { DeadRecord, Head, WriteTransaction } from './schema.ts'

/** What the leader wants written: what became of the messages at the head, and how far it wants to go on. */
export interface Settlement {
  /** The leader's own epoch. */
  readonly epoch: number
  /** Everything below this number is settled. */
  readonly position: number
  /** The key of the record that holds `position`. */
  readonly record: number
  /** Records of which every message is settled. */
  readonly exhausted: readonly number[]
  /** Bytes of the bodies that this settles. */
  readonly bytes: number
  /** Messages among them that died. */
  readonly dead: readonly { readonly message: PlacedMessage; readonly death: Death }[]
  /** What came of the message at `position`, when it waits for another attempt. */
  readonly held: Held | undefined
  /** Messages up to this number, exclusive, are to be reserved. */
  readonly reserve: number
}

export interface Settled {
  /** What may be sent, up to this number, exclusive. Nothing, where the queue is paused. */
  readonly reserved: number
  readonly paused: boolean
}

/** Another leader has begun: this one may neither settle nor send. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/**
 * Settles what was answered and leases what comes next, in one transaction, as only the leader of the present epoch can. It is written
 * relaxed: a settle that a power cut undoes is a message delivered again, with its key.
 */
export function settle(connection: Connection, settlement: Settlement): Promise<Settled> {
  return connection.write(['inbox', 'meta', 'dead'], 'relaxed', async (tx) => {
    const [before, tail] = await Promise.all([readHead(tx), readTail(tx)])
    if (before.epoch !== settlement.epoch) throw new Superseded(`epoch ${settlement.epoch} ended; it is ${before.epoch} now`)
    const reserved = tail.paused ? settlement.position : settlement.reserve
    await Promise.all([
      writeHead(tx, headAfter(before, settlement, reserved)),
      ...settlement.exhausted.map((key) => tx.objectStore('inbox').delete(key)),
      ...settlement.dead.map(({ message, death }) => bury(tx, { ...message, ...death })),
    ])
    return { reserved, paused: tail.paused }
  })
}

function headAfter(before: Head, { epoch, position, record, bytes, dead, held }: Settlement, reserved: number): Head {
  const head = { epoch, position, record, reserved, bytes: before.bytes + bytes, deadIn: before.deadIn + dead.length }
  return held ? { ...head, held } : head
}

async function bury(tx: WriteTransaction, letter: DeadRecord): Promise<void> {
  await tx.objectStore('dead').put(letter, letter.sequence)
}

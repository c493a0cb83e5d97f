import { expect, test } from 'vitest'
import { defineQueue } from '../../src/message/definition.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { Setup } from '../../src/protocol/host.ts'
import { FakeHost } from '../world/fake-host.ts'

/** What the host is told of a queue. */
async function setupOf(options: Partial<OpenOptions>, defined?: Omit<Partial<OpenOptions>, 'consumers'>): Promise<Setup | undefined> {
  const host = new FakeHost()
  const endpoint = 'https://shop.example/orders'
  const orders = host.open(options, defined && defineQueue('orders', { endpoint, ...defined }))
  await orders.depth()
  await orders.close()
  return host.setup
}

test('a host is told every option, those that were left out too', async () => {
  expect(await setupOf({})).toEqual({
    endpoint: 'https://shop.example/orders',
    consumers: false,
    largestBody: Infinity,
    method: 'POST',
    credentials: 'same-origin',
    timeout: 30_000,
    maxAttempts: 50,
    durability: 'strict',
    order: 'queue',
    redirects: 'retry',
    concurrency: 1,
    backoff: { first: 1_000, longest: 300_000 },
    onDead: 'continue',
    onDuplicate: 'ignore',
    dedupWindow: 0,
    version: 1,
    headers: [],
    asks: { headers: 'never', classify: 'never', upcast: 'never' },
  })
  const given = {
    ttl: 5,
    keepReceipts: { age: 1, number: 2 },
    keepDeadLetters: { age: 4 },
    capacity: { bytes: 3 },
    backoff: { first: 1, longest: 2 },
    version: 4,
  }
  expect(await setupOf({ ...given, onDead: 'halt', dedupWindow: 5 })).toMatchObject({ ...given, onDead: 'halt', dedupWindow: 5 })
})

test('a function is asked for in the page where it was given there, and in the worker where the definition that it serves has one', async () => {
  const functions = { headers: () => ({}), classify: () => undefined, upcast: (body: unknown) => body, version: 2 }
  expect(await setupOf(functions)).toMatchObject({ asks: { headers: 'always', classify: 'always', upcast: 'always' } })
  expect(await setupOf({}, functions)).toMatchObject({
    asks: { headers: 'unless-served', classify: 'unless-served', upcast: 'unless-served' },
  })
  const { classify } = functions
  expect(await setupOf({ classify }, functions)).toMatchObject({
    asks: { headers: 'unless-served', classify: 'always', upcast: 'unless-served' },
  })
  expect(await setupOf({ headers: { a: 'b' } }, functions)).toMatchObject({ headers: [['a', 'b']], asks: { headers: 'never' } })
})

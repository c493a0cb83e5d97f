import { expect, test } from 'vitest'
import { z } from 'zod'
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
    answer: {
      headers: ['content-location', 'content-type', 'date', 'etag', 'last-modified', 'location', 'x-request-id'],
      limit: 65_536,
    },
    headers: [],
    asks: { headers: 'never', classify: 'never', upcast: 'never', encryption: 'never' },
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

test('what is compressed and kept of answers is told in one form, and no schema crosses', async () => {
  expect(await setupOf({ compress: 'gzip' })).toMatchObject({ compress: { encoding: 'gzip', threshold: 1_024 } })
  expect(await setupOf({ compress: { encoding: 'gzip', threshold: 0 } })).toMatchObject({ compress: { encoding: 'gzip', threshold: 0 } })
  const answer = { schema: z.string(), headers: ['ETag'], limit: 0 }
  expect((await setupOf({ answer }))?.answer).toEqual({ headers: ['etag'], limit: 0 })
})

test('a schema of bodies is asked for where upcast is, if any may be of an earlier version', async () => {
  const schema = z.unknown()
  expect(await setupOf({ schema })).toMatchObject({ asks: { upcast: 'never' } })
  expect(await setupOf({ schema, version: 2 })).toMatchObject({ asks: { upcast: 'always' } })
  expect(await setupOf({}, { schema, version: 2 })).toMatchObject({ asks: { upcast: 'unless-served' } })
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

import { describe, expect, test } from 'vitest'
import type { EnqueueOptions } from '../../src/message/enqueue-options.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import { FakeHost } from '../world/fake-host.ts'

/** What is asked to be stored for a body, and what is said of it. */
async function stored(queue: Partial<OpenOptions<string>>, options?: EnqueueOptions): Promise<unknown> {
  const host = new FakeHost()
  const orders = host.open<string>(queue)
  await orders.enqueue('a', options)
  await orders.close()
  return host.stored[0]
}

describe('an option of one message', () => {
  test.each<[unknown, string]>([
    [null, 'Expected `options` to be an object, got null'],
    [
      { prio: 1 },
      'Unknown option `prio`; known are group, delay, ttl, maxAttempts, backoff, onDuplicate, redirects, dedupKey, idempotencyKey',
    ],
    [{ group: 7 }, 'Expected `group` to be a string of at most 256 characters, got 7 (number)'],
    [{ group: 'a' }, 'Expected no `group` in a queue with `order: \'queue\'`, got "a" (string)'],
    [{ delay: -1 }, 'Expected `delay` to be a whole number from 0, got -1 (number)'],
    [{ delay: new Date(0) }, 'Expected `delay` to be a whole number from 0, got [object Date]'],
    [{ ttl: 0 }, 'Expected `ttl` to be a whole number from 1, got 0 (number)'],
    [{ delay: 500, ttl: 500 }, 'Expected `delay` to be less than `ttl`, 500, or it would never be sent, got 500 (number)'],
    [{ delay: 5_000 }, 'Expected `delay` to be less than `ttl`, 5000, or it would never be sent, got 5000 (number)'],
    [{ maxAttempts: 0 }, 'Expected `maxAttempts` to be a whole number from 1, or Infinity, got 0 (number)'],
    [{ backoff: { first: 1, longest: 0 } }, 'Expected `backoff.longest` to be a whole number from 1, got 0 (number)'],
    [{ dedupKey: '' }, 'Expected `dedupKey` to be a string of 1 to 256 characters, got "" (string)'],
    [{ dedupKey: 'a', onDuplicate: 'merge' }, "Expected `onDuplicate` to be 'ignore' or 'replace' or 'latest', got \"merge\" (string)"],
    [{ onDuplicate: 'latest' }, "Expected `onDuplicate` only with a `dedupKey`, got 'latest'"],
    [{ idempotencyKey: '' }, 'Expected `idempotencyKey` to be 1 to 256 visible ASCII characters, got "" (string)'],
    [{ idempotencyKey: 'a b' }, 'Expected `idempotencyKey` to be 1 to 256 visible ASCII characters, got "a b" (string)'],
    [{ idempotencyKey: 'ä' }, 'Expected `idempotencyKey` to be 1 to 256 visible ASCII characters, got "ä" (string)'],
  ])('%j is refused with a sentence, and nothing is stored', async (options, message) => {
    const host = new FakeHost()
    const orders = host.open<string>({ ttl: 5_000 })
    await expect(orders.enqueue('a', options as EnqueueOptions)).rejects.toMatchObject({ code: 'invalid-option', message })
    expect(host.batches).toEqual([])
    await orders.close()
  })

  test.each<[string, Partial<OpenOptions<string>>]>([
    ['dedup key', { dedupKey: () => '' }],
    ['dedup key', { dedupKey: () => 7 as unknown as string }],
    ['dedup key', { dedupKey: () => 'x'.repeat(257) }],
    ['group', { group: () => undefined as unknown as string, order: 'group', dedupKey: () => null as unknown as string }],
  ])('that a function gives is checked as well: a %s', async (_, queue) => {
    await expect(stored(queue)).rejects.toMatchObject({ code: 'invalid-option' })
  })

  test('goes along where it says something', async () => {
    const own: EnqueueOptions = { delay: 5, ttl: 6, maxAttempts: 7, backoff: { first: 8, longest: 9 }, idempotencyKey: 'mine:1' }
    expect(await stored({}, { ...own, group: undefined } as unknown as EnqueueOptions)).toEqual({ body: '"a"', ...own })
    expect(await stored({}, { delay: 0 })).toEqual({ body: '"a"' })
    expect(await stored({}, {})).toEqual({ body: '"a"' })
    expect(await stored({})).toEqual({ body: '"a"' })
  })

  test('goes before what the queue says', async () => {
    expect(await stored({ ttl: 100, version: 3 })).toEqual({ body: '"a"', ttl: 100, version: 3 })
    expect(await stored({ ttl: 100 }, { ttl: 5 })).toEqual({ body: '"a"', ttl: 5 })
    expect(await stored({ group: () => 'theirs' }, { group: 'mine' })).toEqual({ body: '"a"', group: 'mine' })
    expect(await stored({ dedupKey: () => 'theirs' }, { dedupKey: 'mine' })).toEqual({ body: '"a"', dedupKey: 'mine' })
  })

  test('says what is done with a duplicate, where there is a key and something is done', async () => {
    const dedupKey = (body: string): string => `key of ${body}`
    expect(await stored({ dedupKey })).toEqual({ body: '"a"', dedupKey: 'key of a' })
    expect(await stored({ dedupKey, onDuplicate: 'latest' })).toMatchObject({ onDuplicate: 'latest' })
    expect(await stored({ dedupKey, onDuplicate: 'latest' }, { onDuplicate: 'replace' })).toMatchObject({ onDuplicate: 'replace' })
    expect(await stored({ dedupKey, onDuplicate: 'latest' }, { onDuplicate: 'ignore' })).toEqual({ body: '"a"', dedupKey: 'key of a' })
    expect(await stored({ dedupKey: () => undefined, onDuplicate: 'latest' })).toEqual({ body: '"a"' })
    expect(await stored({}, { dedupKey: 'mine', onDuplicate: 'latest' })).toEqual({ body: '"a"', dedupKey: 'mine', onDuplicate: 'latest' })
  })
})

test('what is said of a message is what it was when enqueue was called', async () => {
  const host = new FakeHost()
  const orders = host.open<string>()
  const backoff = { first: 1, longest: 2 }
  const done = orders.enqueue('a', { backoff })
  backoff.first = 3
  await done
  expect(host.stored).toEqual([{ body: '"a"', backoff: { first: 1, longest: 2 } }])
  await orders.close()
})

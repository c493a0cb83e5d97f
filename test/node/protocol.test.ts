import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageId, mintProducer } from '../../src/message/id.ts'
import { formatKey, formatPlace, parseKey, parsePlace } from '../../src/protocol/http.ts'
import { resultOf, unwrap } from '../../src/protocol/result.ts'
import { isTabMessage } from '../../src/protocol/tabs.ts'
import { QueueError } from '../../src/message/error.ts'

describe('the idempotency key', () => {
  test('of a minted id comes back', () => {
    const id = messageId(mintProducer(), 12_345, 999)
    expect(parseKey(formatKey(id))).toBe(id)
  })

  test('of the caller’s own comes back, of whatever visible characters it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{1,256}$/), (key) => {
        expect(parseKey(formatKey(key))).toBe(key)
      }),
    )
  })

  test('may come bare, as others send it', () => {
    expect(parseKey('8e03978e-40d5-43dd-bc93-6894a57f9324')).toBe('8e03978e-40d5-43dd-bc93-6894a57f9324')
  })

  test.each([[null], [''], ['""'], ['"a'], ['a"b'], ['"a b"'], ['a,b'], ['ü'], ['"a\\b"'], ['"a\\"'], [`"${'x'.repeat(257)}"`]])(
    '%j is none',
    (value) => {
      expect(parseKey(value)).toBeUndefined()
    },
  )
})

test('a message’s place comes back, and nothing else is taken for one', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/), fc.nat(), fc.nat(), (queue, epoch, sequence) => {
      expect(parsePlace(formatPlace({ queue, epoch, sequence }))).toEqual({ queue, epoch, sequence })
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (identity) => {
      const place = { queue: 'orders', epoch: 1, sequence: 2, identity }
      expect(new Headers({ place: formatPlace(place) }).get('place')).toBe(formatPlace(place))
      expect(parsePlace(formatPlace(place))).toEqual(place)
    }),
  )
  expect(parsePlace('"a";epoch=1;sequence=2;later="x y";identity="ann"')).toEqual({ queue: 'a', epoch: 1, sequence: 2, identity: 'ann' })
  expect(parsePlace('"a";epoch=1;sequence=2;identity="%"')).toEqual({ queue: 'a', epoch: 1, sequence: 2 })
  for (const value of [null, '', '"a"', '"a";epoch=x;sequence=1', '"a";epoch=1;sequence=1;more', '"a b";epoch=1;sequence=1']) {
    expect(parsePlace(value)).toBeUndefined()
  }
})

test('what was heard from another tab is believed only if it is a list of events, or our command', () => {
  for (const ours of [
    { holdfast: 1, command: 'retry-now' },
    { holdfast: 1, events: [] },
    { holdfast: 1, events: [{ type: 'paused' }] },
  ]) {
    expect(isTabMessage(ours)).toBe(true)
  }
  for (const rubbish of [
    null,
    'x',
    { holdfast: 2, events: [] },
    { holdfast: 1, events: 'x' },
    { holdfast: 1, events: [null] },
    { holdfast: 1, events: [{}] },
    { holdfast: 1, events: [{ type: 7 }] },
  ]) {
    expect(isTabMessage(rubbish)).toBe(false)
  }
})

test('producers are random, and of letters and digits', () => {
  const producers = Array.from({ length: 1_000 }, mintProducer)
  expect(new Set(producers).size).toBe(1_000)
  for (const producer of producers) expect(producer).toMatch(/^[a-z0-9]{24}$/)
})

describe('a result', () => {
  test('carries a value across', async () => {
    expect(unwrap(structuredClone(await resultOf(() => 7)))).toBe(7)
  })

  test('carries an error across with its code and what caused it', async () => {
    const result = await resultOf(() => {
      throw new QueueError('storage-full', 'full', { cause: new DOMException('quota', 'QuotaExceededError') })
    })
    const thrown = (() => {
      try {
        return unwrap(structuredClone(result))
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(QueueError)
    expect(thrown).toMatchObject({ code: 'storage-full', message: 'full', cause: { message: 'QuotaExceededError: quota' } })
  })

  test('of anything else that is thrown is a bug of ours', async () => {
    expect(await resultOf(() => Promise.reject(new TypeError('x')))).toMatchObject({
      ok: false,
      error: { code: 'internal', message: 'TypeError: x' },
    })
  })
})

import { expect, test } from 'vitest'
import { queueForm } from '../../src/form.ts'
import type { FormOptions, FormQueue } from '../../src/form.ts'
import { errorsIn } from '../../src/producer/form-errors.ts'

test.each([
  [
    'an object of lists',
    { errors: { email: ['is taken', 'is short'] } },
    [
      ['email', 'is taken'],
      ['email', 'is short'],
    ],
  ],
  ['an object of texts', { errors: { email: 'is taken' } }, [['email', 'is taken']]],
  ['RFC 9457', { title: 'No', errors: [{ detail: 'must be positive', pointer: '#/age' }] }, [['age', 'must be positive']]],
  [
    'a list with fields',
    {
      errors: [
        { field: 'age', message: 'is odd' },
        { name: 'x', detail: 'is no number' },
      ],
    },
    [
      ['age', 'is odd'],
      ['x', 'is no number'],
    ],
  ],
  ['a list of texts', { errors: ['Closed today'] }, [[undefined, 'Closed today']]],
  [
    'a problem without errors',
    { type: 'about:blank', title: 'Conflict', detail: 'Somebody was faster' },
    [[undefined, 'Somebody was faster']],
  ],
  ['a page', '<!doctype html>', []],
  ['nothing', '', []],
  [
    'what is made to confuse',
    { errors: { __proto__: null, a: 1, b: [{}], c: null, constructor: 'is a name too' } },
    [['constructor', 'is a name too']],
  ],
])('errors are read from %s', (_, body, expected) => {
  expect(errorsIn({ status: 422, body }).map(({ field, message }) => [field, message])).toEqual(expected)
})

const form = { tagName: 'FORM' } as HTMLFormElement
const queue = { enqueueRequest: () => {} } as unknown as FormQueue
test.each([
  [null, queue, { redirects: 'accept' }, 'Expected `form` to be a <form>, got null'],
  [form, 'orders', { redirects: 'accept' }, 'Expected `queue` to be a queue'],
  [form, queue, {}, 'Expected `redirects` to be '],
  [form, queue, undefined, 'Expected `options` to be an object'],
  [form, queue, { redirects: 'follow' }, 'Expected `redirects` to be '],
  [form, queue, { redirects: 'accept', ttl: 0 }, 'Expected `ttl` to be '],
  [form, queue, { redirects: 'accept', words: { sent: 1 } }, 'Expected `words` to be an object of texts'],
  [form, queue, { redirects: 'accept', idempotencyKey: 'k' }, 'Unknown option `idempotencyKey`'],
])('what is no form that can be queued is refused, and named (%#)', (given, to, options, text) => {
  expect(() => queueForm(given as HTMLFormElement, to as FormQueue, options as unknown as FormOptions)).toThrow(text)
})

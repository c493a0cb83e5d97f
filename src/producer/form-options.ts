import { checkOptions, wrongOption } from '../message/checks.ts'
import type { Checks } from '../message/checks.ts'
import type { Redirects } from '../message/stored-request.ts'
import { enqueueChecks } from '../message/enqueue-checks.ts'
import type { FieldError, Refusal } from './form-errors.ts'
import type { FormWords } from './form-status.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import type { Queue } from './queue.ts'

/** As much of a queue as a form needs. */
export type FormQueue = Pick<Queue, 'enqueueRequest' | 'deadLetters' | 'body' | 'purge' | 'subscribe'>

/** How a form is sent, and what is said of it; and everything that `enqueueRequest` takes, but for a key, which would be the same for each submission. */
export interface FormOptions extends Omit<EnqueueOptions, 'idempotencyKey' | 'redirects'> {
  /**
   * What a redirect means. A server that renders pages answers a form with one (303) where all went well: `'accept'`; and as well where nobody is signed in any more. A server
   * that answers 2xx, or 401, says what it means: `'retry'`.
   */
  readonly redirects: Redirects
  /**
   * Where it is said what becomes of the form: an element with `role="status"`, so that a screen reader says it as well.
   *
   * @defaultValue one at the end of the form
   */
  readonly status?: HTMLElement
  /**
   * What is said, where that is not to be in English.
   *
   * @defaultValue English
   * @example { sent: 'Gesendet.' }
   */
  readonly words?: Partial<FormWords>
  /**
   * Reads the errors in an answer that rejects the form.
   *
   * @defaultValue `errors` as Rails, Laravel and ASP.NET have them, or as in RFC 9457; otherwise its `detail`
   * @example ({ body }) => body.violations.map(({ path, text }) => ({ field: path, message: text }))
   */
  readonly errors?: (refusal: Refusal) => Iterable<FieldError>
}

const { idempotencyKey: _key, redirects: redirectsCheck, ...forEnqueue } = enqueueChecks
const formChecks: Checks<FormOptions> = {
  ...forEnqueue,
  redirects: redirectsCheck,
  status: { expected: 'an element', passes: (value) => (Object(value) as Partial<Node>).nodeType === 1 },
  words: {
    expected: 'an object of texts',
    passes: (value) => Object.values(Object(value) as object).every((text) => typeof text === 'string'),
  },
  errors: { expected: 'a function', passes: (value) => typeof value === 'function' },
}

/** Refuses what is no form that can be queued. */
export function checkForm(form: unknown, queue: unknown, options: unknown): void {
  const { tagName } = Object(form) as Partial<Element>
  const { enqueueRequest } = Object(queue) as { readonly enqueueRequest?: unknown }
  if (tagName !== 'FORM') throw wrongOption('form', 'a <form>', form)
  if (typeof enqueueRequest !== 'function') throw wrongOption('queue', 'a queue', queue)
  checkOptions<FormOptions>(options, formChecks)
  if (options.redirects === undefined) throw wrongOption('redirects', redirectsCheck.expected, undefined)
}

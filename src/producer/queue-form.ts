import { isQueueError, reportUncaught } from '../message/error.ts'
import type { DeadLetter } from '../message/reading.ts'
import { clearErrors, errorsIn, showErrors } from './form-errors.ts'
import type { Refusal } from './form-errors.ts'
import { fillIn, formDataOf, isUntouched } from './form-fields.ts'
import { actionsOf, requestOf } from './form-request.ts'
import { FormStatus } from './form-status.ts'
import { checkForm } from './form-options.ts'
import type { FormOptions, FormQueue } from './form-options.ts'
import type { Receipt } from './receipt.ts'

/**
 * Sends a form through a queue: what was entered, files as well, is on the disk before the form says so, and reaches the server when there is a connection, also after a reload. Without
 * a script the form goes on working as it is. The browser validates it as ever; while it is being stored its buttons do nothing (`aria-disabled`, so that they keep the focus); then it is empty
 * again. What the server rejects comes back into the form, with each error beside its field: at once, or when the page is opened again. `data-holdfast` on the form says how
 * it stands: `storing`, `stored`, `sent`, `refused` or `failed`.
 *
 * A form is known by where it is sent: two of one page that go to one URL need different ones, by a query.
 *
 * @returns what ends it: from then on the form is sent without the queue.
 * @throws QueueError `invalid-option`.
 * @example
 * ```ts
 * const orders = openQueue('orders', { endpoint: '/orders' })
 * queueForm(document.querySelector('form'), orders, { redirects: 'accept' })
 * ```
 */
export function queueForm(form: HTMLFormElement, queue: FormQueue, options: FormOptions): () => void {
  checkForm(form, queue, options)
  const queued = new QueuedForm(form, queue, options)
  return () => queued.end()
}

/**
 * A form that is sent through a queue.
 *
 *     ready --(submit)--> storing --(on the disk)--> stored --(accepted)--> sent
 *     storing --(the queue takes nothing)--> failed          what was entered is still there
 *     stored --(a dead letter)--> refused                    it is back in the form, or offered, if something else is in there
 *     refused --(submit)--> storing --(on the disk)--> stored   and the dead letter is purged
 *
 * From any of them, it can be submitted again.
 */
class QueuedForm {
  readonly #form: HTMLFormElement
  readonly #queue: FormQueue
  readonly #options: FormOptions
  readonly #status: FormStatus
  readonly #ended = new AbortController()
  readonly #unsubscribe: () => void
  #isStoring = false
  #last: Receipt | undefined
  /** The dead letter that is in the form, to be mended. */
  #mended: string | undefined

  constructor(form: HTMLFormElement, queue: FormQueue, options: FormOptions) {
    const { signal } = this.#ended
    this.#form = form
    this.#queue = queue
    this.#options = options
    this.#status = new FormStatus(form, options.status, options.words)
    form.addEventListener('submit', (event) => this.#submit(event), { signal })
    form.addEventListener('reset', () => (this.#mended = undefined), { signal })
    this.#unsubscribe = queue.subscribe(({ type }) => type === 'dead-lettered' && void this.#lookForRefused())
    void this.#lookForRefused()
  }

  end(): void {
    this.#ended.abort()
    this.#unsubscribe()
    clearErrors(this.#form)
    this.#status.end()
  }

  #submit(event: SubmitEvent): void {
    // The page itself wants it otherwise.
    if (event.defaultPrevented) return
    event.preventDefault()
    if (!this.#isStoring) void this.#store(event.submitter)
  }

  async #store(submitter: HTMLElement | null): Promise<void> {
    const { status: _status, words: _words, errors: _errors, ...enqueueing } = this.#options
    this.#setStoring(true)
    this.#status.say('storing', 'storing')
    let receipt: Receipt
    try {
      receipt = await this.#queue.enqueueRequest(requestOf(this.#form, submitter), enqueueing)
    } catch (error) {
      this.#status.say('failed', 'failed')
      // Who reads the console is to see why.
      reportUncaught(error)
      return
    } finally {
      this.#setStoring(false)
    }
    // Whatever fails from here on, it is stored: whoever reads otherwise sends it once more.
    await this.#stored(receipt)
  }

  async #stored(receipt: Receipt): Promise<void> {
    const mended = this.#mended
    this.#last = receipt
    clearErrors(this.#form)
    this.#form.reset()
    this.#status.say('stored', 'stored')
    void this.#follow(receipt)
    // Only now: it is the only one of its kind no more.
    if (mended === undefined) return
    await this.#queue.purge([mended])
    await this.#lookForRefused()
  }

  /** What becomes of it, as long as this page is open to hear it. A dead letter is found among the others. */
  async #follow(receipt: Receipt): Promise<void> {
    try {
      await receipt.delivered
      if (this.#last === receipt && this.#form.dataset['holdfast'] === 'stored') this.#status.say('sent', 'sent')
    } catch (error) {
      if (isQueueError(error) && error.code === 'cancelled' && this.#last === receipt) this.#status.clear()
    }
  }

  /** The oldest first: one at a time can be mended. */
  async #lookForRefused(): Promise<void> {
    for await (const letter of this.#queue.deadLetters()) {
      if (this.#ended.signal.aborted || this.#mended !== undefined) return
      if (this.#isOfThisForm(letter)) return this.#offer(letter)
    }
  }

  #isOfThisForm({ request }: DeadLetter): boolean {
    return request?.method === 'POST' && actionsOf(this.#form).includes(request.url)
  }

  async #offer(letter: DeadLetter): Promise<void> {
    const data = await formDataOf(await this.#queue.body(letter.id))
    // Others have been told of it as well.
    if (this.#ended.signal.aborted || this.#mended !== undefined) return
    if (isUntouched(this.#form, data) && !this.#isStoring) return this.#show(letter)
    this.#status.say('refused', wordOf(letter))
    this.#status.offer({ show: () => void this.#show(letter), discard: () => void this.#discard(letter) })
  }

  /** It is in the form again, with what the server has against it. */
  async #show(letter: DeadLetter): Promise<void> {
    this.#mended = letter.id
    const data = await formDataOf(await this.#queue.body(letter.id))
    if (this.#ended.signal.aborted) return
    clearErrors(this.#form)
    if (data) fillIn(this.#form, data)
    const refusal = refusalOf(letter)
    const found = letter.reason === 'rejected' ? [...(this.#options.errors ?? errorsIn)(refusal)] : []
    const others = showErrors(this.#form, found)
    this.#status.say(
      'refused',
      wordOf(letter),
      others.map(({ message }) => message),
    )
    this.#status.offer({ discard: () => void this.#discard(letter) })
  }

  async #discard({ id }: DeadLetter): Promise<void> {
    if (this.#mended === id) this.#form.reset()
    clearErrors(this.#form)
    this.#status.clear()
    await this.#queue.purge([id])
    await this.#lookForRefused()
  }

  /** Not `disabled`: the button that was pressed would lose the focus. */
  #setStoring(isStoring: boolean): void {
    this.#isStoring = isStoring
    this.#form.setAttribute('aria-busy', String(isStoring))
    for (const button of this.#form.querySelectorAll('button:not([type=button], [type=reset]), input[type=submit], input[type=image]')) {
      if (isStoring) button.setAttribute('aria-disabled', 'true')
      else button.removeAttribute('aria-disabled')
    }
  }
}

function wordOf({ reason }: DeadLetter): 'refused' | 'undelivered' {
  return reason === 'rejected' ? 'refused' : 'undelivered'
}

function refusalOf({ status, excerpt }: DeadLetter): Refusal {
  try {
    return { status, body: JSON.parse(excerpt) }
  } catch {
    return { status, body: excerpt }
  }
}

import type { Consumer } from '../message/handling.ts'
import { Membership } from './membership.ts'
import type { MembershipOptions } from './membership.ts'

/**
 * A consumer, as its users hold it.
 *
 *     on the roll --(close)--> leaving: it takes nothing more --(all is done, or handed back)--> gone
 *     on the roll --(its page is left)--> gone, at once; all is handed back --(its page comes back)--> on the roll, as another
 */
export class ConsumerEnd<T> implements Consumer {
  readonly #options: MembershipOptions<T>
  readonly #forget: () => void
  #membership: Membership<T> | undefined
  #closing: Promise<void> | undefined

  constructor(options: MembershipOptions<T>) {
    this.#options = options
    this.#membership = new Membership(options)
    this.#forget = options.realm.whenLeft(
      () => {
        this.#membership?.leave()
        this.#membership = undefined
      },
      () => (this.#membership ??= new Membership(options)),
    )
  }

  /** Called again, it takes no longer than it may by the call that leaves the least time. */
  async close({ timeout = this.#options.lease }: { readonly timeout?: number } = {}): Promise<void> {
    const membership = this.#membership
    this.#closing ??= this.#close(membership)
    const cancel = this.#options.realm.clock.after(timeout, () => membership?.leave())
    await this.#closing
    cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(membership: Membership<T> | undefined): Promise<void> {
    this.#forget()
    if (!membership) return
    await membership.finish()
    membership.leave()
    await membership.left
  }
}

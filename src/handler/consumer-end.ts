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

  close({ timeout = this.#options.lease }: { readonly timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeout)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeout: number): Promise<void> {
    this.#forget()
    const membership = this.#membership
    if (!membership) return
    const cancel = this.#options.realm.clock.after(timeout, () => membership.leave())
    await membership.finish()
    cancel()
    membership.leave()
    await membership.left
  }
}

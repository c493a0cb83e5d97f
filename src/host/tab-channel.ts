import type { QueueEvent } from '../message/event.ts'
import { tabChannel } from '../protocol/names.ts'
import { isTabMessage, MOST_EVENTS } from '../protocol/tabs.ts'
import type { TabMessage } from '../protocol/tabs.ts'
import type { Channel } from '../protocol/channel.ts'

/** What a host makes of what it hears. */
export interface Hears {
  events(events: readonly QueueEvent[]): void
  retryNow(group: string | undefined): void
  abort(id: string, sequence: number | undefined): void
  /** Somebody asks whether who drains is there. */
  areYouThere(): void
  /** It is. */
  here(): void
}

/** How the hosts of one queue hear of each other across tabs. Nothing that matters depends on it: what is missed is found in the database. */
export class TabChannel {
  readonly #channel: Channel
  #isClosed = false

  constructor(queue: string, openChannel: (name: string) => Channel, hears: Partial<Hears>) {
    this.#channel = openChannel(tabChannel(queue))
    this.#channel.addEventListener('message', ({ data }) => {
      if (!isTabMessage(data)) return
      if ('events' in data) hears.events?.(data.events)
      else if (data.command === 'retry-now') hears.retryNow?.(data.group)
      else if (data.command === 'abort') hears.abort?.(data.id, data.sequence)
      else if (data.command === 'here') hears.here?.()
      else hears.areYouThere?.()
    })
  }

  tell(events: readonly QueueEvent[]): void {
    for (let start = 0; start < events.length; start += MOST_EVENTS) {
      this.#post({ holdfast: 1, events: events.slice(start, start + MOST_EVENTS) })
    }
  }

  retryNow(group: string | undefined): void {
    this.#post({ holdfast: 1, command: 'retry-now', ...(group !== undefined && { group }) })
  }

  abort(id: string, sequence: number | undefined): void {
    this.#post({ holdfast: 1, command: 'abort', id, ...(sequence !== undefined && { sequence }) })
  }

  askWhetherThere(): void {
    this.#post({ holdfast: 1, command: 'are-you-there' })
  }

  sayHere(): void {
    this.#post({ holdfast: 1, command: 'here' })
  }

  close(): void {
    this.#isClosed = true
    this.#channel.close()
  }

  #post(message: TabMessage): void {
    // What ends after the queue was closed has nobody to tell.
    if (!this.#isClosed) this.#channel.postMessage(message)
  }
}

import type { OpenOptions } from '../../src/message/open-options.ts'
import { HostLink } from '../../src/producer/host-link.ts'
import { openQueueOn } from '../../src/producer/open-queue.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { PageEnd } from '../../src/producer/start-host.ts'
import type { Batch, HostApi } from '../../src/protocol/host.ts'
import { FakeClock } from './fake-clock.ts'

const closed = { ok: false, error: { code: 'closed', message: 'The queue is closed' } }

/** A worker that can die, as its page sees it. */
export class MortalHost {
  readonly page: PageEnd
  /** The numbers of the batches that it was asked to store. */
  readonly asked: number[] = []
  readonly batches: Batch[] = []
  readonly opened: unknown[][] = []
  /** The queues that it was asked to open and close, in that order. */
  readonly lives: string[] = []
  /** Answers to `open`, where it does not at once. */
  opening: Promise<void> = Promise.resolve()
  isStopped = false
  /** Whether the queue was destroyed before it was opened here. */
  isEmpty = false
  /** Whether it answers as its queue is closed. */
  closes = true
  readonly lost: Promise<void>
  die!: () => void
  readonly #answers: () => boolean
  readonly #generation: string | undefined

  constructor(page: PageEnd, answers: () => boolean, generation: string | undefined) {
    this.#generation = generation
    this.page = page
    this.#answers = answers
    this.lost = new Promise((resolve) => (this.die = resolve))
  }

  get api(): HostApi {
    const done = Promise.resolve({ ok: true, value: undefined })
    const storageOpened = (queue: string): void => {
      if (this.#generation !== undefined)
        this.page.events(queue, [{ type: 'storage-opened', generation: this.#generation, waiting: 0, dead: 0 }])
    }
    const depth = (queue: string): Promise<unknown> => (storageOpened(queue), done)
    const enqueue = (queue: string, batch: Batch): Promise<unknown> => {
      storageOpened(queue)
      this.asked.push(batch.number)
      this.batches.push(structuredClone(batch))
      return this.#answers() ? done : new Promise(() => {})
    }
    const open = async (...given: unknown[]): Promise<unknown> => {
      this.opened.push(given)
      this.lives.push(`open ${String(given[0])}`)
      await this.opening
      if (this.isEmpty) this.page.events(String(given[0]), [{ type: 'destroyed' }])
      return done
    }
    const close = (queue: string): Promise<unknown> => {
      this.lives.push(`close ${queue}`)
      return this.closes ? done : new Promise(() => {})
    }
    const standing = (): Promise<unknown> => Promise.resolve({ ok: true, value: { state: 'ready' } })
    return {
      open,
      close,
      // Nothing is there any more, or the worker has died of it.
      destroy: () => (this.isEmpty ? Promise.resolve(closed) : new Promise(() => {})),
      enqueue,
      depth,
      standing,
      signal: async () => {},
    } as unknown as HostApi
  }
}

/** A page with one queue, whose hosts are made by the test. */
export class MortalPage {
  readonly clock: FakeClock = new FakeClock()
  readonly hosts: MortalHost[] = []
  readonly queue: Queue<number>
  /** Whether what is asked is answered. */
  answers = false
  /** Whether hosts start. */
  starts = true
  /** What its hosts keep is in memory. */
  isInMemory = false
  /** How often one was to start. */
  tries = 0
  /** Told of each host as it starts. */
  started: (host: MortalHost) => void = () => {}
  readonly #link: HostLink

  /** @param options of its queue; and which generation of that its hosts find. */
  constructor(options: Partial<OpenOptions<number>> = {}, generation?: string) {
    this.#link = new HostLink(
      async (page) => {
        this.tries += 1
        if (!this.starts) throw new Error('no file')
        const host = new MortalHost(page, () => this.answers, generation)
        this.hosts.push(host)
        this.started(host)
        const storage = this.isInMemory ? ({ storage: 'memory' } as const) : {}
        return { api: host.api, kind: 'worker', ...storage, lost: host.lost, stop: () => (host.isStopped = true) }
      },
      () => {},
      this.clock,
    )
    this.queue = this.open(options)
  }

  /** Opens a queue, another or the same once more. */
  open(options: Partial<OpenOptions<number>> = {}): Queue<number> {
    return openQueueOn<number>(() => this.#link, 'orders', { endpoint: 'https://shop.example/orders', ...options })
  }

  get host(): MortalHost {
    return this.hosts.at(-1)!
  }

  /** Enqueues in as many calls of the host; what they resolve with comes with what settles them. */
  async enqueue(...bodies: number[]): Promise<Promise<unknown>[]> {
    const stored: Promise<unknown>[] = []
    for (const body of bodies) {
      stored.push(this.queue.enqueue(body))
      await moment()
    }
    return stored
  }
}

/** Lets all happen that takes no time. */
export async function moment(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

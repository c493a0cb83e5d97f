import type { QueueDefinition } from '../../src/message/definition.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Standing } from '../../src/message/message.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import { HostLink } from '../../src/producer/host-link.ts'
import { openQueueOn } from '../../src/producer/open-queue.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { PageEnd } from '../../src/producer/start-host.ts'
import type { Decision } from '../../src/message/decision.ts'
import type { Batch, HostApi, OutgoingMessage, Setup, WireMessage } from '../../src/protocol/host.ts'
import type { Result } from '../../src/protocol/result.ts'

const COUNTS = { ready: 0, delayed: 0, leased: 0, dead: 0, bytes: 0, oldest: undefined }

/** A host that stores nothing: what it answers is set by the test, and what it was asked is kept. For what the page does by itself. */
export class FakeHost {
  readonly batches: Batch[] = []
  /** The verbs that were called, with what they were given. */
  readonly calls: unknown[][] = []
  readonly standings: Map<string, Standing> = new Map()
  setup: Setup | undefined
  decide: (batch: Batch) => readonly Decision[] | Promise<readonly Decision[]> = () => []
  waiting: WireMessage[] = []
  /** How many more there are, which no list happens to show. */
  moving = 0
  /** What `standings` and `messages` wait for before they answer with what they have found. */
  held: Promise<void> | undefined
  #page!: PageEnd

  /** What was asked to be stored, without the ids. */
  get stored(): Omit<OutgoingMessage, 'id'>[] {
    return this.batches.flatMap(({ messages }) => messages.map(({ id: _id, ...message }) => message))
  }

  open<T = unknown>(options: Partial<OpenOptions<T>> = {}, definition?: QueueDefinition<T>): Queue<T> {
    const link = new HostLink(
      async (page) => {
        this.#page = page
        return { api: this.#api(), kind: 'in-place', lost: new Promise(() => {}), stop: () => {} }
      },
      () => {},
    )
    const given = definition ? options : { endpoint: 'https://shop.example/orders', ...options }
    return openQueueOn<T>(() => link, definition ?? 'orders', given)
  }

  tell(...events: QueueEvent[]): void {
    this.#page.events('orders', events)
  }

  #api(): HostApi {
    const { batches, standings } = this
    const answer =
      <R>(verb: string, value: (...given: never[]) => R | Promise<R>) =>
      async (...given: unknown[]): Promise<Result<R>> => {
        this.calls.push([verb, ...given.slice(1)])
        return { ok: true, value: await value(...(given as never[])) }
      }
    return {
      open: answer('open', (_, setup: Setup) => void (this.setup = structuredClone(setup))),
      enqueue: answer('enqueue', (_, batch: Batch) => {
        batches.push(structuredClone(batch))
        return this.decide(batch)
      }),
      spool: answer('spool', () => undefined),
      unspool: answer('unspool', () => undefined),
      body: answer('body', () => undefined),
      depth: answer('depth', () => ({
        ...COUNTS,
        ready: this.waiting.length,
        due: undefined,
        paused: false,
        unauthorized: false,
        stopped: 0,
      })),
      groupDepth: answer('groupDepth', () => ({ ...COUNTS, ready: this.waiting.length + this.moving, paused: false, halted: false })),
      messages: answer('messages', async () => {
        const items = this.waiting
        await this.held
        return { items }
      }),
      deadLetters: answer('deadLetters', () => ({ items: [] })),
      cancel: answer('cancel', () => 'cancelled' as const),
      standings: answer('standings', async (_, ids: readonly string[]): Promise<readonly Standing[]> => {
        const found = ids.map((id) => standings.get(id) ?? ({ state: 'unknown' } as const))
        await this.held
        return found
      }),
      receipts: answer('receipts', (_, from: number | undefined) => ({
        items: [{ id: `old.${from ?? 0}`, settledAt: 1_000 * (from ?? 0) }],
        ...((from ?? 0) < 3 && { next: (from ?? 0) + 1 }),
      })),
      redrive: answer('redrive', () => 0),
      purge: answer('purge', () => 0),
      pause: answer('pause', () => {}),
      resume: answer('resume', () => {}),
      retryNow: answer('retryNow', () => {}),
      schedule: answer('schedule', () => ({ id: 'scheduled.0.0', due: 0 })),
      unschedule: answer('unschedule', () => true),
      close: answer('close', () => {}),
      destroy: answer('destroy', () => {}),
      signal: async () => {},
    }
  }
}

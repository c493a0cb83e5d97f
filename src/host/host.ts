import type { QueueDefinition } from '../message/definition.ts'
import { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { HostApi, PageApi, Setup } from '../protocol/host.ts'
import { resultOf } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { deadLetters } from '../queue/dead-letters.ts'
import { depth } from '../queue/depth.ts'
import { messages } from '../queue/messages.ts'
import { functionsSource } from './functions-source.ts'
import type { Platform } from './platform.ts'
import { QueueHost } from './queue-host.ts'
import { Reserve } from './reserve.ts'

/** The page that a host belongs to. */
export interface HostPage extends PageApi {
  events(queue: string, events: readonly QueueEvent[]): void
}

export interface HostOptions {
  /** Undefined where there is no IndexedDB or there are no Web Locks. */
  readonly platform: Platform | undefined
  readonly page: HostPage
  /** The definitions that an own worker serves; without it, whatever the page opens is served. */
  readonly served?: ReadonlyMap<string, QueueDefinition>
}

/** Runs the queues of one page, in a worker or in place. */
export function createHost({ platform, page, served }: HostOptions): HostApi {
  const queues = new Map<string, QueueHost>()
  const turns = new Map<string, Promise<unknown>>()
  const reserve = platform && new Reserve(platform)
  let isOnline = true

  function open(queue: string, setup: Setup): void {
    if (!platform || !reserve) throw unsupported()
    if (served && !served.has(queue)) {
      throw new QueueError('not-served', `Expected the worker to serve "${queue}", it serves ${[...served.keys()].join(', ')}`)
    }
    if (queues.has(queue)) return queues.get(queue)?.setUp(setup)
    const toPage = (events: readonly QueueEvent[]): void => page.events(queue, events)
    const functions = functionsSource({ queue, page, definition: served?.get(queue) })
    queues.set(queue, new QueueHost({ queue, setup, platform, reserve, functions, isOnline: () => isOnline, toPage }))
  }

  async function close(queue: string): Promise<void> {
    const host = queues.get(queue)
    queues.delete(queue)
    await host?.close()
  }

  /**
   * Opens and closes a queue in the order in which that was asked for, each when the one before has ended: two hosts of one queue would hear each
   * other, and tell the page all twice.
   */
  function inTurn(queue: string, work: () => void | Promise<void>): Promise<Result<void>> {
    const turn = (turns.get(queue) ?? Promise.resolve()).then(() => resultOf(work))
    turns.set(queue, turn)
    return turn
  }

  function at<T>(queue: string, verb: (host: QueueHost) => T | Promise<T>): Promise<Result<T>> {
    return resultOf(() => {
      const host = queues.get(queue)
      if (!host) throw new QueueError('closed', `The queue "${queue}" is closed`)
      return verb(host)
    })
  }

  return {
    open: (queue, setup) => inTurn(queue, () => open(queue, setup)),
    enqueue: (queue, batch) => at(queue, async (host) => (await host.enqueue(batch), [])),
<<<<<<< HEAD
    depth: (queue) => at(queue, ({ connection }) => depth(connection)),
    groupDepth: missing,
    cancel: missing,
    standing: missing,
    receipts: missing,
    messages: (queue, from) => at(queue, ({ connection }) => messages(connection, from as number | readonly [string, number] | undefined)),
=======
    groupDepth: () => Promise.reject(new Error('stub')),
    cancel: (queue, id, abort) => at(queue, (host) => host.cancel(id, abort)),
    standing: () => Promise.reject(new Error('stub')),
    receipts: () => Promise.reject(new Error('stub')),
    depth: (queue) => at(queue, ({ connection }) => depth(connection)),
    messages: (queue, from) => at(queue, ({ connection }) => messages(connection, from as never)),
>>>>>>> h1
    deadLetters: (queue, from) => at(queue, ({ connection }) => deadLetters(connection, Number(from ?? 0))),
    redrive: (queue, ids) => at(queue, (host) => host.redrive(ids)),
    purge: (queue, ids) => at(queue, (host) => host.purge(ids)),
    pause: (queue) => at(queue, (host) => host.pause()),
    resume: (queue) => at(queue, (host) => host.resume()),
    retryNow: (queue) => at(queue, (host) => host.retryNow()),
    close: (queue) => inTurn(queue, () => close(queue)),
    async signal(signal) {
      if (signal !== 'visible') isOnline = signal === 'online'
      for (const host of queues.values()) host.signal(signal)
    },
  }
}

async function missing(): Promise<never> {
  throw new Error('not there yet')
}

function unsupported(): QueueError {
  return new QueueError('unsupported', 'Expected IndexedDB and Web Locks; they need a browser and a secure page (https or localhost)')
}
<<<<<<< HEAD

/** Who gives a queue's headers: the definition that this host serves, or the page, or nobody. */
function headersSource(queue: string, setup: Setup, page: HostPage, definition: QueueDefinition | undefined): HeadersSource {
  const own = definition?.options.headers
  if (typeof own === 'function') {
    if (setup.asks.headers !== 'always') return { canRefresh: true, ask: (unauthorized) => askHeaders(own, unauthorized) }
  } else if (setup.asks.headers === 'never') {
    return { canRefresh: false, ask: async () => (setup.headers.length > 0 ? setup.headers : toEntries(own ?? {})) }
  }
  return { canRefresh: true, ask: async (unauthorized) => unwrap(await page.headers(queue, unauthorized)) }
}
=======
>>>>>>> h1

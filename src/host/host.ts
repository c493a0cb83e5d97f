import type { QueueDefinition } from '../message/definition.ts'
import { QueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Message } from '../message/message.ts'
import type { HostApi, PageApi, Setup } from '../protocol/host.ts'
import { ofKey } from '../protocol/names.ts'
import { resultOf } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { bodyOf, readable } from '../consumer/bodies.ts'
import { deadLetters } from '../queue/dead-letters.ts'
import { depth } from '../queue/depth.ts'
import { groupDepth } from '../queue/group-depth.ts'
import { messages } from '../queue/messages.ts'
import type { Place as MessagesPlace } from '../queue/messages.ts'
import { receipts } from '../queue/receipts.ts'
import { standings } from '../queue/standing.ts'
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

  function open(queue: string, setup: Setup, isAfterDeath: boolean): string | undefined {
    if (!platform || !reserve) throw unsupported()
    const { name } = ofKey(queue)
    if (served && !served.has(name)) {
      throw new QueueError('not-served', `Expected the worker to serve "${name}", it serves ${[...served.keys()].join(', ')}`)
    }
    const before = queues.get(queue)
    if (before) return before.setUp(setup)
    const toPage = (events: readonly QueueEvent[]): void => page.events(queue, events)
    const ended = (): void => {
      if (queues.get(queue) === host) queues.delete(queue)
    }
    const functions = functionsSource({ queue, page, definition: served?.get(name) })
    const death = isAfterDeath ? { isCounted: false } : undefined
    const host = new QueueHost({ queue, setup, platform, reserve, functions, isOnline: () => isOnline, death, toPage, ended })
    queues.set(queue, host)
    return undefined
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
  function inTurn<T>(queue: string, work: () => T | Promise<T>): Promise<Result<T>> {
    const turn = (turns.get(queue) ?? Promise.resolve()).then(() => resultOf(work))
    turns.set(queue, turn)
    return turn
  }

  function opened(queue: string): QueueHost {
    const host = queues.get(queue)
    if (host) return host
    throw new QueueError('closed', `The queue "${queue}" is closed`)
  }

  const at: At = (queue, verb) => resultOf(() => verb(opened(queue)))

  return {
    ...verbsAt(at),
    open: (queue, setup, isAfterDeath = false) => inTurn(queue, () => open(queue, setup, isAfterDeath)),
    close: (queue) => inTurn(queue, () => close(queue)),
    destroy: (queue) => inTurn(queue, () => opened(queue).destroy()),
    async signal(signal) {
      if (signal !== 'visible') isOnline = signal === 'online'
      for (const host of queues.values()) host.signal(signal)
    },
  }
}

/** Asks an open queue. */
type At = <T>(queue: string, verb: (host: QueueHost) => T | Promise<T>) => Promise<Result<T>>

/** What is asked of an open queue. */
function verbsAt(at: At): Omit<HostApi, 'open' | 'close' | 'destroy' | 'signal'> {
  return {
    enqueue: (queue, batch) => at(queue, (host) => host.enqueue(batch)),
    spool: (queue, portion) => at(queue, ({ spooling }) => spooling.add(portion)),
    unspool: (queue, spool) => at(queue, ({ spooling }) => spooling.drop(spool)),
    body: (queue, id) => at(queue, (host) => bodyOf(host, id)),
    depth: (queue) => at(queue, ({ connection }) => depth(connection)),
    groupDepth: (queue, group) => at(queue, ({ connection }) => groupDepth(connection, group)),
    messages: (queue, from, filter) =>
      at(queue, (host) => shown(host, messages(host.connection, from as MessagesPlace | undefined, filter))),
    deadLetters: (queue, from) => at(queue, (host) => shown(host, deadLetters(host.connection, Number(from ?? 0)))),
    standings: (queue, ids) => at(queue, ({ connection, keptSince }) => standings(connection, ids, keptSince)),
    receipts: (queue, from) => at(queue, ({ connection, keptSince }) => receipts(connection, Number(from ?? 0), keptSince)),
    cancel: (queue, id, isAborting) => at(queue, (host) => host.cancel(id, isAborting)),
    redrive: (queue, ids) => at(queue, (host) => host.deciding.redrive(ids)),
    purge: (queue, ids) => at(queue, (host) => host.deciding.purge(ids)),
    pause: (queue, group) => at(queue, (host) => host.deciding.pause(group)),
    resume: (queue, group) => at(queue, (host) => host.deciding.resume(group)),
    schedule: (queue, occurrence) => at(queue, (host) => host.deciding.schedule(occurrence)),
    unschedule: (queue, name) => at(queue, (host) => host.deciding.unschedule(name)),
    retryNow: (queue, group) => at(queue, (host) => host.retryNow(group)),
  }
}

/** A page of a list, decrypted. */
async function shown<Item extends Message, Listed extends { readonly items: readonly Item[] }>(
  { vault }: QueueHost,
  listing: Promise<Listed & { readonly items: readonly Item[] }>,
): Promise<Listed> {
  const listed = await listing
  return { ...listed, items: await Promise.all(listed.items.map((item) => readable(vault, item))) }
}

function unsupported(): QueueError {
  return new QueueError('unsupported', 'Expected IndexedDB and Web Locks; they need a browser and a secure page (https or localhost)')
}

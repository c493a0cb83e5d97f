import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'
import { definitionCheck } from '../message/definition.ts'
import type { QueueDefinition } from '../message/definition.ts'
import type { EnqueueOptions } from '../message/enqueue-options.ts'
import { isQueueError } from '../message/error.ts'
import { checkOptions, oneOf, required } from '../message/checks.ts'
import type { Checks } from '../message/checks.ts'
import { takeRequest } from '../message/request.ts'
import type { TakenRequest } from '../message/request.ts'
import type { Redirects } from '../message/stored-request.ts'
import { IDEMPOTENCY_KEY } from '../protocol/http.ts'
import type { Background } from './background.ts'

/** What is taken over, and where it goes. */
export interface TakeOverOptions {
  /** The name of the `Queue`, or of the `BackgroundSyncPlugin`, in workbox-background-sync. */
  readonly queueName: string
  /** The queue that takes its requests, as `defineQueue` gives it. */
  readonly queue: QueueDefinition
  /**
   * What a redirect means for these requests.
   *
   * @defaultValue the queue's `redirects`
   */
  readonly redirects?: Redirects
}

/** What became of what Workbox had stored. */
export interface TakenOver {
  /** How many requests are in the queue now, and no more in Workbox's database. */
  readonly taken: number
  /** Those that could not be taken over, by their id there, and why: they stay where they are. */
  readonly left: readonly { readonly id: number; readonly reason: string }[]
}

const checks: Checks<TakeOverOptions> = {
  queueName: { expected: 'the name of a queue of Workbox', passes: (value) => typeof value === 'string' },
  queue: definitionCheck,
  redirects: oneOf('retry', 'accept'),
}

const DATABASE = 'workbox-background-sync'

/** As workbox-background-sync 5 to 7 writes it, version 3 of its database; `body` is a Blob in version 4. */
interface WorkboxSchema extends DBSchema {
  requests: { key: number; value: WorkboxEntry; indexes: { queueName: string } }
}

interface WorkboxEntry {
  readonly id: number
  readonly timestamp: number
  readonly requestData?: RequestInit & { readonly url: string; readonly headers: Record<string, string> }
}

/**
 * Takes over what Workbox has stored, in its order: each request is in the queue before it is deleted there. Where that is cut short it can be repeated: what was stored and not
 * deleted is stored once, or, where it has left the queue meanwhile, sent under the same key.
 */
export async function takeOver(background: Background, options: TakeOverOptions): Promise<TakenOver> {
  checkOptions<TakeOverOptions>(options, checks)
  required(options, checks, ['queueName', 'queue'])
  const { queueName, queue } = options
  const left: { id: number; reason: string }[] = []
  let taken = 0
  const database = await openWorkbox()
  try {
    // One after the other: all of them at once may be more than fits into memory.
    const ids = (await database?.getAllKeysFromIndex('requests', 'queueName', queueName)) ?? []
    const device = ids.length > 0 ? await background.queue(queue).instance() : undefined
    for (const id of ids) {
      const entry = await database!.get('requests', id)
      if (!entry) continue
      const read = await readEntry(entry)
      if ('reason' in read) left.push({ id, ...read })
      else {
        await background.put(queue, read, sayOf(entry, options, read, device))
        await database!.delete('requests', id)
        taken += 1
      }
    }
  } finally {
    database?.close()
  }
  if (taken > 0) void background.follow(queue.name)
  return { taken, left }
}

/** Nothing where there is none, or not one as we know it; and none is made. */
async function openWorkbox(): Promise<IDBPDatabase<WorkboxSchema> | undefined> {
  try {
    const database = await openDB<WorkboxSchema>(DATABASE, undefined, {
      upgrade: (_database, _before, _after, tx) => {
        tx.done.catch(() => {})
        tx.abort()
      },
    })
    const isKnown = database.objectStoreNames.contains('requests') && hasIndex(database)
    if (isKnown) return database
    database.close()
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'AbortError') throw error
  }
  return undefined
}

function hasIndex(database: IDBPDatabase<WorkboxSchema>): boolean {
  return database.transaction('requests').store.indexNames.contains('queueName')
}

async function readEntry({ requestData }: WorkboxEntry): Promise<TakenRequest | { readonly reason: string }> {
  try {
    const { url, method, headers, body, mode, credentials } = requestData!
    const isNavigation = (mode as string) === 'navigate'
    const init = { method, headers, body, credentials, mode: isNavigation ? ('same-origin' as const) : mode }
    return await takeRequest(new Request(url, withoutUndefined(init)))
  } catch (error) {
    return { reason: isQueueError(error) ? error.message : String(error) }
  }
}

/** Its id there is a small number, which other devices have as well. */
function sayOf(
  { id, timestamp }: WorkboxEntry,
  { queueName, redirects }: TakeOverOptions,
  { request }: TakenRequest,
  device?: string,
): EnqueueOptions {
  const dedupKey = `workbox/${timestamp}/${id}/${queueName}`.slice(0, 256)
  const hasKey = request.headers.some(([name]) => name === IDEMPOTENCY_KEY)
  const idempotencyKey = `workbox.${device ?? crypto.randomUUID()}.${timestamp}.${id}`
  return { dedupKey, onDuplicate: 'ignore', ...(!hasKey && { idempotencyKey }), ...(redirects && { redirects }) }
}

function withoutUndefined(init: { readonly [Name in keyof RequestInit]: RequestInit[Name] | undefined }): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined))
}

import { vi } from 'vitest'

/** What a stretch of work asked of IndexedDB. */
export interface Trace {
  /** How many transactions it began. */
  transactions: number
  requests: string[]
  /** How many records came into memory. */
  records: number
  /** The most messages that one request brought into memory. */
  mostLoaded: number
}

const storeVerbs = ['get', 'getAll', 'put', 'add', 'delete', 'count', 'openCursor'] as const
const indexVerbs = ['get', 'getAll', 'getKey', 'count', 'openCursor'] as const

/** Counts what work asks of IndexedDB: cost without a clock. */
export async function traced(work: () => Promise<unknown>): Promise<Trace> {
  const trace: Trace = { transactions: 0, requests: [], records: 0, mostLoaded: 0 }
  const mends = [
    spy(IDBDatabase.prototype, 'transaction', () => void (trace.transactions += 1)),
    ...storeVerbs.map((verb) =>
      spy(IDBObjectStore.prototype, verb, (store, request) => {
        trace.requests.push(`${store.name}.${verb}`)
        countLoaded(trace, request as IDBRequest)
      }),
    ),
    ...indexVerbs.map((verb) =>
      spy(IDBIndex.prototype, verb, (index, request) => {
        trace.requests.push(`${index.objectStore.name}.${index.name}.${verb}`)
        countLoaded(trace, request as IDBRequest)
      }),
    ),
    // What it brings is the result of the request that opened the cursor.
    spy(IDBCursor.prototype, 'continue', () => void trace.requests.push('cursor.continue')),
  ]
  try {
    await work()
  } finally {
    for (const mend of mends) mend()
  }
  return trace
}

/** Has each call of a method told, with what it gave. Returns what mends it. */
function spy<Self extends object>(prototype: Self, verb: keyof Self & string, called: (self: Self, given: unknown) => void): () => void {
  const original = prototype[verb] as (...args: unknown[]) => unknown
  const spied = vi.spyOn(prototype as Record<string, (...args: unknown[]) => unknown>, verb)
  spied.mockImplementation(function (this: unknown, ...args: unknown[]) {
    const given = original.apply(this, args)
    called(this as Self, given)
    return given
  })
  return () => spied.mockRestore()
}

function countLoaded(trace: Trace, request: IDBRequest<unknown>): void {
  request.addEventListener('success', () => {
    // Keys, which are no objects, are what writes give.
    const records = [request.result].flat().filter((record) => typeof record === 'object' && record !== null) as { messages?: unknown[] }[]
    trace.records += records.length
    for (const { messages = [] } of records) trace.mostLoaded = Math.max(trace.mostLoaded, messages.length)
  })
}

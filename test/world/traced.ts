import { vi } from 'vitest'

/** What a stretch of work asked of IndexedDB. */
export interface Trace {
  requests: string[]
  /** The most messages that one request brought into memory. */
  mostLoaded: number
}

const verbs = ['get', 'getAll', 'put', 'add', 'delete', 'count', 'openCursor'] as const

/** Counts what work asks of IndexedDB: cost without a clock. */
export async function traced(work: () => Promise<unknown>): Promise<Trace> {
  const trace: Trace = { requests: [], mostLoaded: 0 }
  const spies = verbs.map((verb) => {
    const original = IDBObjectStore.prototype[verb] as (...args: unknown[]) => IDBRequest
    return vi.spyOn(IDBObjectStore.prototype, verb).mockImplementation(function (this: IDBObjectStore, ...args: unknown[]) {
      trace.requests.push(`${this.name}.${verb}`)
      const request = original.apply(this, args)
      request.addEventListener('success', () => {
        const records = [request.result].flat() as { messages?: unknown[] }[]
        for (const record of records) trace.mostLoaded = Math.max(trace.mostLoaded, record?.messages?.length ?? 0)
      })
      return request as never
    })
  })
  try {
    await work()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return trace
}

/** What a page asks of the bench's own workers, and what it is told. */
export interface Call {
  readonly id: number
  readonly verb: string
  readonly argument: unknown
}

export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** As much of a Worker, a ServiceWorker or a worker's own scope as is used. */
export interface Port {
  postMessage(message: unknown): void
}

export type Verbs = Readonly<Record<string, (argument: never) => Promise<unknown>>>

/** The page's end: no more than a number to each call. */
export function caller(port: Port, replies: EventTarget): <T>(verb: string, argument?: unknown) => Promise<T> {
  const waiting = new Map<number, (reply: Reply) => void>()
  replies.addEventListener('message', (event) => {
    const reply = (event as MessageEvent<Reply>).data
    waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id)
  })
  let calls = 0
  return async <T>(verb: string, argument?: unknown): Promise<T> => {
    const id = ++calls
    const replied = new Promise<Reply>((resolve) => waiting.set(id, resolve))
    port.postMessage({ id, verb, argument } satisfies Call)
    const { value, error } = await replied
    if (error !== undefined) throw new Error(error)
    return value as T
  }
}

/** The worker's end. */
export async function reply(verbs: Verbs, { id, verb, argument }: Call, port: Port): Promise<void> {
  try {
    port.postMessage({ id, value: await verbs[verb]!(argument as never) } satisfies Reply)
  } catch (error) {
    port.postMessage({ id, error: String(error) } satisfies Reply)
  }
}

import type { HeadersFunction, HeadersLike } from '../message/definition.ts'
import type { HeaderEntries } from './host.ts'

/** How long a `headers` function may take, in milliseconds. */
const PATIENCE = 30_000

/** Asks a `headers` function, wherever it lives, and gives what it says in a form that crosses threads. */
export async function askHeaders(headers: HeadersFunction, unauthorized: boolean): Promise<HeaderEntries> {
  const signal = AbortSignal.timeout(PATIENCE)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`\`headers\` gave nothing within ${PATIENCE} ms`)))
  })
  return toEntries(await Promise.race([headers({ unauthorized, signal }), late]))
}

export function toEntries(headers: HeadersLike): HeaderEntries {
  return [...new Headers(headers as HeadersInit)]
}

import type { HeadersFunction, HeadersLike } from '../message/options.ts'
import { shown } from '../message/error.ts'
import type { HeaderEntries } from './host.ts'

/** How long a `headers` function may take, in milliseconds. */
const PATIENCE = 30_000

/** Asks a `headers` function, wherever it lives, and gives what it says in a form that crosses threads. */
export async function askHeaders(headers: HeadersFunction, unauthorized: boolean): Promise<HeaderEntries> {
  const signal = AbortSignal.timeout(PATIENCE)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`\`headers\` gave nothing within ${PATIENCE} ms`)))
  })
  // Called in an async function, so that one that throws at once rejects like any other.
  const given = await Promise.race([(async () => headers({ unauthorized, signal }))(), late])
  if (typeof given !== 'object' || given === null) throw new TypeError(`Expected \`headers\` to give headers, got ${shown(given)}`)
  return toEntries(given)
}

export function toEntries(headers: HeadersLike): HeaderEntries {
  return [...new Headers(headers as HeadersInit)]
}

import type { Functions, FunctionsSource, HeadersSource } from '../consumer/functions.ts'
import type { QueueDefinition } from '../message/definition.ts'
import { askClassify, askEncryption, askHeaders, askUpcast, toEntries } from '../protocol/functions.ts'
import type { PageApi, Setup } from '../protocol/host.ts'
import { ofKey } from '../protocol/names.ts'
import { unwrap } from '../protocol/result.ts'

export interface FunctionsSourceOptions {
  /** The queue's key. */
  readonly queue: string
  readonly page: PageApi
  /** What this host serves under that name, in a worker of the user's. */
  readonly definition: QueueDefinition | undefined
}

/** Who is asked for what the options leave to a function: the definition that this host serves, or the page, or nobody. */
export function functionsSource(options: FunctionsSourceOptions): FunctionsSource {
  return (setup) => ({
    headers: headersOf(setup, options),
    classify: classifyOf(setup, options),
    upcast: upcastOf(setup, options),
    encryption: encryptionOf(setup, options),
  })
}

function headersOf({ asks, headers }: Setup, { queue, page, definition }: FunctionsSourceOptions): HeadersSource {
  const own = definition?.options.headers
  if (typeof own === 'function') {
    if (asks.headers !== 'always') return { canRefresh: true, ask: (unauthorized) => askHeaders(own, unauthorized, ofKey(queue).identity) }
  } else if (asks.headers === 'never') {
    return { canRefresh: false, ask: async () => (headers.length > 0 ? headers : toEntries(own ?? {})) }
  }
  return { canRefresh: true, ask: async (unauthorized) => unwrap(await page.headers(queue, unauthorized)) }
}

function classifyOf({ asks }: Setup, { queue, page, definition }: FunctionsSourceOptions): Functions['classify'] {
  const own = definition?.options.classify
  if (own && asks.classify !== 'always') return (answer) => askClassify(own, answer)
  return asks.classify === 'never' ? undefined : async (answer) => unwrap(await page.classify(queue, answer))
}

function upcastOf({ asks }: Setup, { queue, page, definition }: FunctionsSourceOptions): Functions['upcast'] {
  const own = definition?.options
  if ((own?.upcast ?? own?.schema) && asks.upcast !== 'always') return (body, version) => askUpcast(own ?? {}, body, version)
  return asks.upcast === 'never' ? undefined : async (body, version) => unwrap(await page.upcast(queue, body, version))
}

function encryptionOf({ asks }: Setup, { queue, page, definition }: FunctionsSourceOptions): Functions['encryption'] {
  const own = definition?.options.encryption
  if (own && asks.encryption !== 'always') return () => askEncryption(own, ofKey(queue).identity)
  return asks.encryption === 'never' ? undefined : async () => unwrap(await page.encryption(queue))
}

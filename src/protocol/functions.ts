import { decodeBody, encodeBody } from '../message/body.ts'
import type { Encryption, EncryptionFunction } from '../message/encryption.ts'
import { isQueueError, shown } from '../message/error.ts'
import type { Answer } from '../message/message.ts'
import type { HeadersFunction, HeadersLike } from '../message/headers.ts'
import { validated } from '../message/schema.ts'
import type { StandardSchema } from '../message/schema.ts'
import type { ClassifyFunction, UpcastFunction, Verdict } from '../message/verdict.ts'
import type { HeaderEntries, Refused, Upcast } from './host.ts'

/** How long a function of the user's may take, in milliseconds. */
const PATIENCE = 30_000

/** The functions of a queue that run where the user has them, in a form that crosses threads. */
export interface PageFunctions {
  headers(unauthorized: boolean): Promise<HeaderEntries>
  classify(answer: Answer): Promise<Verdict | undefined>
  /** A body as JSON, for one as JSON. Rejects only where nobody could be asked. */
  upcast(body: string, version: number): Promise<Upcast>
  encryption(): Promise<Encryption>
}

/** Asks a `headers` function, wherever it lives, for the messages of an identity, where the queue has one. */
export async function askHeaders(headers: HeadersFunction, unauthorized: boolean, identity?: string): Promise<HeaderEntries> {
  const given = await inPatience('headers', async (signal) => headers({ unauthorized, signal, ...whoseOf(identity) }))
  if (typeof given !== 'object' || given === null) throw new TypeError(`Expected \`headers\` to give headers, got ${shown(given)}`)
  return toEntries(given)
}

function whoseOf(identity: string | undefined): { readonly identity?: string } {
  return identity === undefined ? {} : { identity }
}

export function toEntries(headers: HeadersLike): HeaderEntries {
  return [...new Headers(headers as HeadersInit)]
}

/** Asks a `classify` function. */
export async function askClassify(classify: ClassifyFunction, answer: Answer): Promise<Verdict | undefined> {
  const given: unknown = await inPatience('classify', async () => classify(answer))
  if (!isVerdict(given)) throw new TypeError(`Expected \`classify\` to give an outcome or undefined, got ${shown(given)}`)
  return given
}

/** Asks an `encryption` function. What it gives is looked at where it is used. */
export async function askEncryption(encryption: EncryptionFunction, identity?: string): Promise<Encryption> {
  return inPatience('encryption', async () => encryption(whoseOf(identity)))
}

/** What brings a body of an earlier version up to date: the function, and the schema, which has the last word. */
export interface Upcasting {
  readonly upcast?: UpcastFunction | undefined
  readonly schema?: StandardSchema<unknown> | undefined
}

/** Brings a body up to date. What is wrong with it is told from its being late. */
export async function askUpcast({ upcast, schema }: Upcasting, body: string, version: number): Promise<Upcast> {
  const decoded = decodeBody(body)
  if (!decoded) return { refused: 'not-upcast', why: 'Expected a body that is JSON' }
  const given = await inPatience('upcast', () =>
    unlessThrown('not-upcast', async () => (upcast ? upcast(decoded.value, version) : decoded.value)),
  )
  if ('refused' in given) return given
  const taken = await unlessThrown('invalid', async () => (schema ? validated(schema, given.value) : given.value))
  if ('refused' in taken) return taken
  const encoded = await unlessThrown(schema ? 'invalid' : 'not-upcast', async () => encodeBody(taken.value))
  return 'refused' in encoded ? encoded : encoded.value
}

async function unlessThrown<R>(refused: Refused['refused'], ask: () => Promise<R>): Promise<{ readonly value: R } | Refused> {
  try {
    return { value: await ask() }
  } catch (error) {
    return { refused, why: isQueueError(error) ? error.message : String(error) }
  }
}

/** @param ask async, so that a function that throws at once rejects like any other. */
async function inPatience<T>(name: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`\`${name}\` gave nothing within ${PATIENCE} ms`)))
  })
  return Promise.race([ask(signal), late])
}

function isVerdict(given: unknown): given is Verdict | undefined {
  if (typeof given !== 'object' || given === null)
    return [undefined, 'accepted', 'retry', 'rejected', 'unauthorized'].includes(given as string)
  const { outcome, after, counts } = given as Record<string, unknown>
  const isWait = after === undefined || (typeof after === 'number' && after >= 0)
  return outcome === 'retry' && isWait && (counts === undefined || typeof counts === 'boolean')
}

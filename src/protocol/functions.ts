import { decodeBody, encodeBody } from '../message/body.ts'
import { QueueError, shown } from '../message/error.ts'
import type { Answer } from '../message/message.ts'
import type { HeadersFunction, HeadersLike } from '../message/headers.ts'
import type { ClassifyFunction, UpcastFunction, Verdict } from '../message/verdict.ts'
import type { HeaderEntries } from './host.ts'

/** How long a function of the user's may take, in milliseconds. */
const PATIENCE = 30_000

/** The functions of a queue that run where the user has them, in a form that crosses threads. */
export interface PageFunctions {
  headers(unauthorized: boolean): Promise<HeaderEntries>
  classify(answer: Answer): Promise<Verdict | undefined>
  /** A body as JSON, for one as JSON. Rejects with `invalid-body` or `body-too-large` where the function itself cannot do it. */
  upcast(body: string, version: number): Promise<string>
}

/** Asks a `headers` function, wherever it lives, for the messages of an identity, where the queue has one. */
export async function askHeaders(headers: HeadersFunction, unauthorized: boolean, identity?: string): Promise<HeaderEntries> {
  const whose = identity === undefined ? {} : { identity }
  const given = await inPatience('headers', async (signal) => headers({ unauthorized, signal, ...whose }))
  if (typeof given !== 'object' || given === null) throw new TypeError(`Expected \`headers\` to give headers, got ${shown(given)}`)
  return toEntries(given)
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

/** Asks an `upcast` function. What it throws, and a body that cannot be sent, is told from its being late. */
export async function askUpcast(upcast: UpcastFunction, body: string, version: number): Promise<string> {
  const decoded = decodeBody(body)
  if (!decoded) throw new QueueError('invalid-body', 'Expected a body that is JSON')
  return encodeBody(await inPatience('upcast', () => unlessThrown(upcast, decoded.value, version)))
}

async function unlessThrown(upcast: UpcastFunction, body: unknown, version: number): Promise<unknown> {
  try {
    return await upcast(body, version)
  } catch (error) {
    throw new QueueError('invalid-body', String(error), { cause: error })
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

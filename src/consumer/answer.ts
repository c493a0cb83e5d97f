import type { KeptOfAnswer } from '../message/answer.ts'
import { bytesOf } from '../message/bytes.ts'
import type { Answer } from '../message/message.ts'
import { isJson } from '../protocol/http.ts'
import type { Answered } from './transport.ts'

/** How much of an answer a dead letter keeps, and a retry tells, in characters: what a server has against each field of a form is longer than a sentence. */
const EXCERPT = 4_000

/** The most levels that are parsed: a worker in Chromium can clone no more than one or two thousand, and an answer must be able to reach the disk and the page. */
const DEEPEST = 500

/** How much is kept of headers, in characters. */
const LONGEST_HEADERS = 8_192

/** An answer as `classify` gets it. */
export function answerOf({ status, headers, text, isWhole }: Answered): Answer {
  return { status, headers, body: isJson(headers['content-type'] ?? '') && isWhole && text !== undefined ? parsed(text) : text }
}

/** An answer as it is kept, and a receipt gives it. */
export function keptAnswerOf(answered: Answered, { headers, limit }: KeptOfAnswer): Answer {
  return { ...answerOf(cutOff(answered, limit)), headers: chosen(answered.headers, headers) }
}

/** How much of an answer is read, in bytes, where so much is to be kept: a dead letter's excerpt has its length whatever that is. */
export function readAtMost(limit: number): number {
  return Math.max(limit, 4 * EXCERPT)
}

function cutOff(answered: Answered, limit: number): Answered {
  const { text = '' } = answered
  if (bytesOf(text) <= limit) return answered
  const kept = new TextEncoder().encode(text).subarray(0, limit)
  // As a stream, which says nothing of a character that is cut in two.
  return { ...answered, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept, { stream: true }), isWhole: false }
}

function chosen(headers: Answered['headers'], names: readonly string[]): Answer['headers'] {
  const kept: [string, string][] = []
  let room = LONGEST_HEADERS
  for (const name of new Set(names)) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (value === undefined || name.length + value.length > room) continue
    room -= name.length + value.length
    kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

export function excerptOf({ text }: Answered): string {
  return (text ?? '').slice(0, EXCERPT)
}

/** When an answer was sent, in milliseconds since the epoch; across origins that cannot be read, unless the server exposes it. */
export function dateOf({ headers }: Answered): number | undefined {
  const date = Date.parse(headers['date'] ?? '')
  return Number.isNaN(date) ? undefined : date
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return text.length > 2 * DEEPEST && isTooDeep(value) ? text : value
  } catch {
    return text
  }
}

function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? (Object.values(part) as unknown[]) : []))
  }
  return level.length > 0
}

import type { Answer } from '../message/message.ts'
import type { Answered } from './transport.ts'

/** How much of an answer a dead letter keeps, and a retry tells, in characters: what a server has against each field of a form is longer than a sentence. */
const EXCERPT = 4_000

/** An answer as a receipt gives it. */
export function answerOf({ status, headers, text, isWhole }: Answered): Answer {
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')
  return { status, headers, body: isJson && isWhole && text !== undefined ? parsed(text) : text }
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
    return JSON.parse(text)
  } catch {
    return text
  }
}

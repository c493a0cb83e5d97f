import type { Answer, ReadAnswer } from './message.ts'
import { resultOf } from './schema.ts'
import type { StandardSchema } from './schema.ts'

/** What is made of the answers that accept messages. */
export interface AnswerOptions<A = unknown> {
  /**
   * What their bodies must be: any schema of Standard Schema that validates at once. It runs in the page that asks, and gives `Answer` its type. One that it does not take
   * has accepted its message all the same: `delivered` rejects with `invalid-answer`.
   *
   * @defaultValue none: any body
   * @example z.object({ number: z.number() })
   */
  readonly schema?: StandardSchema<A>
  /**
   * Which headers are kept, by their names: at most 50, and 8,192 characters of them together; what is longer than there is room for is left out.
   *
   * @defaultValue ['content-location', 'content-type', 'date', 'etag', 'last-modified', 'location', 'x-request-id']
   * @example ['location', 'x-order-number']
   */
  readonly headers?: readonly string[]
  /**
   * How much of the body is kept, in bytes: a whole number from 0 to 1,048,576. What is cut off is text, and no JSON any more.
   *
   * @defaultValue 65_536
   */
  readonly limit?: number
}

/** As much of that as crosses to the host. */
export type KeptOfAnswer = Required<Pick<AnswerOptions, 'headers' | 'limit'>>

/** The most that `limit` may be. */
export const MOST_OF_ANSWER = 1_048_576

/** A list of what is kept, and not of what is not: an answer may carry a session in any header. */
const HEADERS = ['content-location', 'content-type', 'date', 'etag', 'last-modified', 'location', 'x-request-id']

export function keptOfAnswer({ headers = HEADERS, limit = 65_536 }: AnswerOptions = {}): KeptOfAnswer {
  return { headers: headers.map((name) => name.toLowerCase()), limit }
}

/** What a schema makes of an answer. One that throws, or wants time, has something against it. */
export function readAnswer<A>(schema: StandardSchema<A> | undefined, answer: Answer): ReadAnswer<A> {
  if (!schema) return { answer: answer as Answer<A> }
  try {
    const { issues, ...taken } = resultOf(schema, answer.body, 'answer.schema')
    return 'value' in taken ? { answer: { ...answer, body: taken.value } } : { answer, issues: [...(issues ?? [])] }
  } catch (error) {
    return { answer, issues: [{ message: error instanceof Error ? error.message : String(error) }] }
  }
}

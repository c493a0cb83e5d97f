import { IN_PROGRESS } from '../protocol/http.ts'
import type { DedupStore, RememberedAnswer } from './dedup.ts'
import { problem } from './problem.ts'

/** Lets a message be handled, unless its key says that it was, or is being. */
export async function once(dedup: DedupStore, key: string, fingerprint: string, work: () => unknown): Promise<Response> {
  const known = await dedup.begin(key, fingerprint)
  switch (known.state) {
    case 'done':
      return responseOf(known.answer)
    case 'in-progress':
      return problem(409, 'This message is being handled', { type: IN_PROGRESS, headers: { 'retry-after': '1' } })
    case 'mismatch':
      return problem(422, 'This Idempotency-Key was used for other content')
    case 'new':
      return handle(dedup, key, work)
  }
}

/** Only what the handler throws, or answers, keeps a message from being accepted: once it has taken effect it must not do so again. */
async function handle(dedup: DedupStore, key: string, work: () => unknown): Promise<Response> {
  let result: unknown
  try {
    result = await work()
  } catch (error) {
    await dedup.abandon(key)
    return failed(error)
  }
  const answer = await answerOf(result)
  const isAccepted = answer.status >= 200 && answer.status <= 299
  try {
    await (isAccepted ? dedup.complete(key, answer) : dedup.abandon(key))
  } catch (error) {
    report(error)
  }
  return responseOf(answer)
}

/** What went wrong in here is told to the server's log, and not to the device, which keeps an excerpt of the answer. */
export function failed(error: unknown): Response {
  report(error)
  return problem(500, 'The message could not be handled')
}

function report(error: unknown): void {
  console.error('holdfast: a message could not be handled', error)
}

/** What a handler returned, as an answer that can be remembered. One that cannot be told is still an acceptance: 204. */
async function answerOf(result: unknown): Promise<RememberedAnswer> {
  const response = result instanceof Response ? result : undefined
  try {
    if (response) return await rememberable(response)
    return await rememberable(result === undefined ? new Response(null, { status: 204 }) : Response.json(result))
  } catch (error) {
    report(error)
    return { status: response && response.status >= 200 ? response.status : 204, headers: [], body: '' }
  }
}

async function rememberable(response: Response): Promise<RememberedAnswer> {
  if (response.type === 'error') return { status: 500, headers: [], body: '' }
  const { status, headers } = response
  return { status, headers: [...headers], body: await response.text() }
}

function responseOf({ status, headers, body }: RememberedAnswer): Response {
  // A 204 may not even have an empty body.
  return new Response(body === '' ? null : body, { status, headers: headers.map(([name, value]): [string, string] => [name, value]) })
}

import { decodeBody, encodeBody } from '../message/body.ts'
import { decodedBy, isEncoded } from '../message/codec.ts'
import type { Codec } from '../message/codec.ts'
import { revived } from '../message/content.ts'
import type { Content } from '../message/content.ts'
import { QueueError, reportUncaught } from '../message/error.ts'
import { Reject } from '../message/handling.ts'
import type { Handler, LeasedMessage } from '../message/handling.ts'
import { isAck } from '../message/ack.ts'
import { followersOf } from './followers.ts'
import { LONGEST_ANSWER, LONGEST_DELAY, LONGEST_WORD } from '../protocol/consuming.ts'
import type { Ended, FromConsumer, Handed } from '../protocol/consuming.ts'
import type { Realm } from './realm.ts'

/** How much further a handler must be before that is told. */
const STEP = 0.01

export interface HandOptions<T> {
  /** The queue's. */
  readonly key: string
  readonly handler: Handler<T>
  readonly codec: Codec<T> | undefined
  readonly lease: number
  readonly clock: Realm['clock']
  readonly tell: (word: FromConsumer) => void
}

type Word = FromConsumer extends infer Each ? (Each extends unknown ? Omit<Each, 'holdfast' | 'token'> : never) : never

/** What a handler says whose message was taken from it; one that sees that returns at once, and has done nothing. */
const LATE: Ended = { how: 'late' }

/** One message in a handler's hands. */
export class Hand<T> {
  readonly id: string
  readonly #options: HandOptions<T>
  readonly #abort = new AbortController()
  #token: string
  #cancel = (): void => {}
  #isOurs = true
  #told = -Infinity

  constructor({ id, token }: Handed, options: HandOptions<T>) {
    this.id = id
    this.#token = token
    this.#options = options
    this.#begin()
  }

  /** Runs the handler. Says what came of it, to who drains as well, where it is its message still. */
  async run(handed: Handed): Promise<Ended> {
    const ended = await endOf(this.#options, () => this.#message(handed))
    return this.#end(this.#isOurs ? ended : LATE)
  }

  async #message({ body, content, group, attempt }: Handed): Promise<LeasedMessage<T>> {
    return {
      id: this.id,
      body: (typeof body === 'string' ? decodeBody(body)?.value : await this.#revived(content!, body)) as T,
      ...(group !== undefined && { group }),
      attempt,
      signal: this.#abort.signal,
      extend: () => this.#extend(),
      progress: (done) => this.#progress(done),
    }
  }

  /** What no handler could use is a dead letter, with the reason. */
  async #revived(content: Content, bytes: Uint8Array<ArrayBuffer> | Blob): Promise<unknown> {
    const { codec } = this.#options
    if (!isEncoded(content)) return revived(content, bytes)
    if (!codec) throw new Reject(`Its body was made by a \`codec\` for ${content.type}, and this queue has none`)
    return decodedBy(codec, bytes).catch((error: unknown) => {
      throw new Reject(`The \`codec\` cannot decode its body: ${String(error)}`)
    })
  }

  /** Another leads, and leases it to this once more. */
  leaseAgain(token: string): void {
    this.#token = token
    this.#begin()
  }

  get token(): string {
    return this.#token
  }

  /** Whether the message is the handler's still. */
  get isOurs(): boolean {
    return this.#isOurs
  }

  /** It is somebody else's, or nobody's. */
  take(reason: string): void {
    if (!this.#isOurs) return
    this.#isOurs = false
    this.#cancel()
    this.#abort.abort(new DOMException(reason, 'AbortError'))
  }

  /** The consumer ends. */
  handBack(): void {
    if (!this.#isOurs) return
    this.#tell({ id: this.id, ended: { how: 'handed-back' } })
    this.take('The consumer was closed')
  }

  #begin(): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(this.#options.lease, () => this.take(`Its lease of ${this.#options.lease} ms ran out`))
  }

  #extend(): boolean {
    if (!this.#isOurs) return false
    this.#begin()
    this.#tell({ extended: true })
    return true
  }

  #progress(done: number): void {
    if (!(done >= 0 && done <= 1)) throw new RangeError(`Expected progress from 0 to 1, got ${done}`)
    if (!this.#isOurs || (done < 1 && done - this.#told < STEP && done >= this.#told)) return
    this.#told = done
    this.#tell({ progressed: done })
  }

  /** Also of one that was taken: its place is free. */
  #end(ended: Ended): Ended {
    this.#cancel()
    this.#isOurs = false
    this.#tell({ id: this.id, ended })
    return ended
  }

  #tell(word: Word): void {
    this.#options.tell({ holdfast: 1, token: this.#token, ...word })
  }
}

async function endOf<T>({ handler, key }: HandOptions<T>, message: () => Promise<LeasedMessage<T>>): Promise<Ended> {
  try {
    const given = await message()
    const value = await handler(given)
    // What comes late is for nobody, and nothing of it is reported.
    return given.signal.aborted ? LATE : returned(value, key)
  } catch (error) {
    try {
      return thrown(error)
    } catch {
      return { how: 'threw', message: 'What it threw cannot be shown' }
    }
  }
}

function returned(value: unknown, key: string): Ended {
  const followers = isAck(value) ? followersOf(value, key) : []
  const answer = answerOf(isAck(value) ? value.answer : value)
  return { how: 'returned', ...(followers.length > 0 && { followers }), ...(answer !== undefined && { answer }) }
}

/** As JSON. One that JSON would lose something of, or that is too long, is none, and reported: to fail for that would have done again what is done. */
function answerOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  try {
    const answer = encodeBody(value)
    if (answer.length <= LONGEST_ANSWER) return answer
    throw new QueueError('body-too-large', `Expected at most ${LONGEST_ANSWER} characters as JSON, got ${answer.length}`)
  } catch (cause) {
    const { code, message } = cause as QueueError
    reportUncaught(new QueueError(code, `What a handler returned is left out of its receipt's answer: ${message}`, { cause }))
    return undefined
  }
}

/** By name, since it may come from a second copy of this library. */
function thrown(error: unknown): Ended {
  const { name, message, delay } = (error ?? {}) as { name?: unknown; message?: unknown; delay?: unknown }
  const word = String(message ?? error).slice(0, LONGEST_WORD)
  if (name === 'Reject') return { how: 'refused', message: word }
  if (name === 'Retry' && Number.isFinite(delay))
    return { how: 'threw', message: word, delay: Math.min(LONGEST_DELAY, Math.max(0, Math.round(delay as number))) }
  return { how: 'threw', message: `${typeof name === 'string' ? `${name}: ` : ''}${word}`.slice(0, LONGEST_WORD) }
}

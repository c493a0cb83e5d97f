import { readAnswer } from '../message/answer.ts'
import type { QueueEvent } from '../message/event.ts'
import type { Answer, ReadAnswer } from '../message/message.ts'
import type { StandardSchema } from '../message/schema.ts'

/** Answers as the queue's `answer.schema` makes them. It is asked once of each, however many want to know. */
export class Answers<A> {
  readonly #schema: StandardSchema<A> | undefined
  readonly #read = new WeakMap<Answer, ReadAnswer<A>>()

  constructor(schema: StandardSchema<A> | undefined) {
    this.#schema = schema
  }

  read(answer: Answer): ReadAnswer<A> {
    const read = this.#read.get(answer) ?? readAnswer(this.#schema, answer)
    this.#read.set(answer, read)
    return read
  }

  heard(event: QueueEvent): QueueEvent<A> {
    return event.type === 'accepted' ? { ...event, ...this.read(event.answer) } : event
  }
}

import { isQueueError } from '../message/error.ts'
import type { QueueEvent } from '../message/event.ts'
import { messageId, mintProducer } from '../message/id.ts'
import { invalid } from '../message/checks.ts'
import { LONGEST_TIMEOUT } from '../message/option-checks.ts'
import { checkSchedule, checkScheduleName } from '../message/schedule.ts'
import type { Scheduled, ScheduleOptions, Timing } from '../message/schedule.ts'
import type { Occurrence, StoredOccurrence } from '../protocol/host.ts'
import { outgoing } from '../protocol/outgoing.ts'
import type { Rules } from '../protocol/outgoing.ts'

/** How long after an occurrence is looked whether it has left the queue, should nobody have told, in milliseconds. */
const LOOK_AFTER = 60_000

/** What makes room for the next occurrence: the last has left the queue. */
const LEFT: ReadonlySet<QueueEvent['type']> = new Set(['accepted', 'dead-lettered', 'cancelled', 'replaced'])

/** As much of a clock as is used. */
export interface WallClock {
  now(): number
  after(delay: number, callback: () => void): () => void
}

export interface SchedulesOptions<T> {
  readonly rules: Rules<T>
  readonly clock: WallClock
  /** Has the host store an occurrence; nothing where the schedule of that name is another by now, or was ended. */
  readonly store: (occurrence: Occurrence) => Promise<StoredOccurrence | undefined>
}

interface Schedule<T> {
  readonly name: string
  readonly options: ScheduleOptions<T>
  /** The occurrence that waits, or was the last. */
  last?: Scheduled
  cancel: () => void
}

/**
 * The schedules that this page keeps. Each has one occurrence in the queue, which is a delayed message, so that it is on time whichever tab drains, and after a reload; as it leaves, every tab that knows
 * the schedule asks for the next, and the store takes one.
 */
export class Schedules<T> {
  readonly #options: SchedulesOptions<T>
  readonly #all = new Map<string, Schedule<T>>()
  /** Of each name, what was called for last. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(options: SchedulesOptions<T>) {
    this.#options = options
  }

  async add(name: string, options: ScheduleOptions<T>): Promise<Scheduled> {
    checkScheduleName(name)
    checkSchedule(options)
    const schedule: Schedule<T> = { name, options, cancel: () => {} }
    const occurrence = await this.#inTurn(name, () => this.#occurrenceOf(schedule, false))
    this.remove(name)
    this.#all.set(name, schedule)
    // Not further, it is always taken.
    return (await this.#ask(schedule, occurrence)) as Scheduled
  }

  /** Ends a schedule here, after those that were added before. */
  async end(name: string): Promise<void> {
    await this.#inTurn(name, async () => {})
    this.remove(name)
  }

  remove(name: string): void {
    this.#all.get(name)?.cancel()
    this.#all.delete(name)
  }

  hear(event: QueueEvent): void {
    if (event.type === 'storage-cleared') return this.#each((schedule) => this.#beginAgain(schedule))
    // Whoever led before may have ended before it could tell of what it had settled.
    if (event.type === 'leadership-gained') return this.lookAgain()
    if (LEFT.has(event.type) && 'id' in event) this.#each((schedule) => schedule.last?.id === event.id && this.#goOn(schedule))
  }

  /** The page was away, and has heard nothing meanwhile. */
  lookAgain(): void {
    this.#each((schedule) => this.#goOn(schedule))
  }

  close(): void {
    this.#each(({ name }) => this.remove(name))
  }

  /** What is called for under one name goes in that order, and the last call counts: what reads cron has to be loaded first. */
  #inTurn<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    const acting = (this.#turns.get(name) ?? Promise.resolve()).then(act)
    const over = acting.then(
      () => {},
      () => {},
    )
    this.#turns.set(name, over)
    return acting
  }

  #each(act: (schedule: Schedule<T>) => unknown): void {
    for (const schedule of this.#all.values()) act(schedule)
  }

  #goOn(schedule: Schedule<T>): void {
    void this.#again(schedule, true)
  }

  /** All was lost, and the schedule with it. */
  #beginAgain(schedule: Schedule<T>): void {
    void this.#again(schedule, false)
  }

  async #again(schedule: Schedule<T>, isFurther: boolean): Promise<void> {
    try {
      const occurrence = await this.#occurrenceOf(schedule, isFurther)
      if (this.#all.get(schedule.name) === schedule) await this.#ask(schedule, occurrence)
    } catch (error) {
      if (isQueueError(error) && (error.code === 'closed' || error.code === 'destroyed')) this.remove(schedule.name)
      else this.#lookIn(schedule, LOOK_AFTER)
    }
  }

  async #ask(schedule: Schedule<T>, occurrence: Occurrence): Promise<Scheduled | undefined> {
    const stored = await this.#options.store(occurrence)
    if (this.#all.get(schedule.name) !== schedule) return stored
    if (!stored) {
      this.remove(schedule.name)
      return undefined
    }
    const { id, due, isOver } = stored
    schedule.last = { id, due }
    if (isOver) return this.#askAfter(schedule, occurrence.isFurther, due)
    this.#lookIn(schedule, Math.max(0, due - this.#options.clock.now()) + LOOK_AFTER)
    return schedule.last
  }

  /** Who drains may have looked at a clock that is ahead by a little; by how much it was set meanwhile, the store has told with the time. */
  async #askAfter(schedule: Schedule<T>, isFurther: boolean, due: number): Promise<Scheduled | undefined> {
    const occurrence = await this.#occurrenceOf(schedule, isFurther, due)
    return this.#all.get(schedule.name) === schedule ? this.#ask(schedule, occurrence) : schedule.last
  }

  #lookIn(schedule: Schedule<T>, delay: number): void {
    schedule.cancel()
    if (this.#all.get(schedule.name) !== schedule) return
    schedule.cancel = this.#options.clock.after(Math.min(delay, LONGEST_TIMEOUT), () => this.#goOn(schedule))
  }

  /** @param later a time that is over, though the clock does not say so yet. */
  async #occurrenceOf({ name, options }: Schedule<T>, isFurther: boolean, later = -Infinity): Promise<Occurrence> {
    const { rules, clock } = this.#options
    const after = Math.max(clock.now(), later)
    const { body, every, cron, timezone, ...said } = options
    // Nothing is the same as an occurrence: its schedule sees to that.
    const message = outgoing(body, said, { ...rules, dedupKey: undefined })
    const next = every === undefined ? { due: await nextOf({ cron, ...(timezone !== undefined && { timezone }) }, after) } : { every }
    const when = JSON.stringify([every ?? cron, timezone])
    return { name, when, next, message: { ...message, id: messageId(mintProducer(), 0, 0) }, isFurther }
  }
}

/** The next time that a cron expression tells, after another, in milliseconds since the epoch. Only a page that has one loads what reads it. */
async function nextOf({ cron, timezone }: Extract<Timing, { readonly cron: string }>, after: number): Promise<number> {
  const { Cron } = await import('croner')
  let next: Date | null
  try {
    next = new Cron(cron, { paused: true, ...(timezone !== undefined && { timezone }) }).nextRun(new Date(after))
  } catch (error) {
    throw invalid(`Expected \`cron\` to be a cron expression, got "${cron}": ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!next) throw invalid(`Expected \`cron\` to tell a time to come, got "${cron}"`)
  return next.getTime()
}

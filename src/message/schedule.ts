import type { EnqueueOptions } from './enqueue-options.ts'
import { enqueueChecks } from './enqueue-checks.ts'
import { checkOptions, invalid, isText, wrongOption } from './checks.ts'
import { LONGEST_TIMEOUT } from './option-checks.ts'
import type { Check, Checks } from './checks.ts'

/** When a schedule has its occurrences. */
export type Timing =
  | {
      /** So many milliseconds after one another, the first after as many: a whole number from 1,000 to 2,147,483,647. */
      readonly every: number
      readonly cron?: undefined
      readonly timezone?: undefined
    }
  | {
      /** As a cron expression of five fields, or of six with seconds before them: `'0 3 * * *'` is each night at three. */
      readonly cron: string
      /**
       * Whose clock that is, as an IANA name.
       *
       * @defaultValue the device's own
       */
      readonly timezone?: string
      readonly every?: undefined
    }

/** What is enqueued on a schedule, and when. */
export type ScheduleOptions<T> = Timing &
  Pick<EnqueueOptions, 'group' | 'ttl' | 'maxAttempts' | 'backoff' | 'redirects'> & {
    /** The body of each of its messages. */
    readonly body: T
  }

/** The occurrence of a schedule that waits, or was the last. */
export interface Scheduled {
  /** The id of its message. */
  readonly id: string
  /** When it is enqueued, in milliseconds since the epoch. */
  readonly due: number
}

const NAME: Check = { expected: 'a string of 1 to 256 characters', passes: (value) => isText(value, 1) }

const { group, ttl, maxAttempts, backoff, redirects } = enqueueChecks

const checks: Checks<ScheduleOptions<unknown>> = {
  every: {
    expected: `a whole number from 1000 to ${LONGEST_TIMEOUT}`,
    passes: (value) => Number.isSafeInteger(value) && (value as number) >= 1_000 && (value as number) <= LONGEST_TIMEOUT,
  },
  cron: { expected: 'a cron expression', passes: (value) => isText(value, 1) },
  timezone: { expected: "an IANA time zone, as 'Europe/Paris'", passes: isTimeZone },
  // Checked as any body.
  body: { expected: 'a body', passes: () => true },
  group,
  ttl,
  maxAttempts,
  backoff,
  redirects,
}

function isTimeZone(value: unknown): boolean {
  try {
    return isText(value, 1) && new Intl.DateTimeFormat('en', { timeZone: value as string }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}

export function checkScheduleName(name: unknown): asserts name is string {
  if (!NAME.passes(name)) throw wrongOption('name', NAME.expected, name)
}

export function checkSchedule(options: unknown): asserts options is ScheduleOptions<unknown> {
  checkOptions<ScheduleOptions<unknown>>(options, checks)
  if ((options.every === undefined) === (options.cron === undefined)) {
    throw invalid(`Expected \`every\` or \`cron\`, got ${options.every === undefined ? 'neither' : 'both'}`)
  }
  if (options.every !== undefined && options.timezone !== undefined) throw invalid('Expected `timezone` only with `cron`')
}

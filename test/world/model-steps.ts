import * as fc from 'fast-check'
import { expect } from 'vitest'

/** So many histories share a seed. */
const PER_SEED = 20
const SEED = process.env['MODEL_SEED']
/** Whether a history that fails is made smaller. */
const IS_SHRINKING = process.env['MODEL_SHRINKS'] !== '0'

/** What is played with, until it comes to rest, or for some turns of the event loop. */
export interface Playing {
  rest(): Promise<void>
  turns(count: number): Promise<void>
}

/** What is done, and how it is called where it is shown. */
type Act<Play> = (play: Play) => Promise<void> | void

export class Step<Play extends Playing> implements fc.AsyncCommand<object, Play> {
  readonly #name: string
  readonly #act: Act<Play>
  readonly #turns: number

  constructor(name: string, turns: number, act: Act<Play>) {
    this.#name = name
    this.#turns = turns
    this.#act = act
  }

  check(): boolean {
    return true
  }

  /** Then it comes to rest, or goes on before that. */
  async run(_: object, play: Play): Promise<void> {
    await this.#act(play)
    if (this.#turns > 0) await play.turns(this.#turns)
    else await play.rest()
  }

  toString(): string {
    return `${this.#name}${this.#turns > 0 ? `, ${this.#turns} turns` : ''}`
  }
}

/** 0 is until all is at rest. */
const turns = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) })

export function step<Play extends Playing, T>(
  name: string,
  given: fc.Arbitrary<T>,
  act: (play: Play, given: T) => Promise<void> | void,
): fc.Arbitrary<Step<Play>> {
  return fc
    .tuple(given, turns)
    .map(([value, count]) => new Step(`${name} ${JSON.stringify(value) ?? ''}`, count, (play: Play) => act(play, value)))
}

/** How many histories, of each kind of queue: a seed that is named is played alone, unless more are asked for. */
export function runs(usual: number): number {
  return Number(process.env['MODEL_RUNS'] ?? (SEED === undefined ? usual : PER_SEED))
}

/**
 * Plays histories, and shows the shortest that goes wrong.
 *
 * @param file the test that repeats it.
 * @param play plays one.
 */
export async function playAll<Rules, Play extends Playing>(
  file: string,
  count: number,
  rules: fc.Arbitrary<Rules>,
  steps: fc.Arbitrary<Step<Play>>[],
  play: (rules: Rules, steps: Iterable<fc.AsyncCommand<object, Play>>) => Promise<void>,
): Promise<void> {
  const seeds = Array.from({ length: Math.ceil(count / PER_SEED) }, (_, n) => n + Number(SEED ?? 1))
  for (const seed of seeds) {
    const details = await fc.check(fc.asyncProperty(rules, fc.commands(steps, { maxCommands: 40, size: 'max' }), play), {
      seed,
      numRuns: PER_SEED,
      endOnFailure: !IS_SHRINKING,
    })
    if (!details.failed) continue
    const { stack = '' } = details.errorInstance as Error
    expect.fail(
      `${String(details.errorInstance)}\nMODEL_SEED=${seed} npm run test:model -- ${file}\n${fc.defaultReportMessage(details)}\n${stack}`,
    )
  }
}

import * as fc from 'fast-check'
import type { Fault } from './break-storage.ts'
import type { Known } from './model.ts'
import type { Enqueued } from './model-expectations.ts'
import { Play } from './model-play.ts'
import type { Answering } from './model-server.ts'
import type { Rules } from './model-stage.ts'
import { playAll, runs, step as stepOf } from './model-steps.ts'
import type { Step } from './model-steps.ts'

/** How many, of each kind of queue. */
export const RUNS: number = runs(1_000)

const tab = fc.nat(1)

const PLAIN = { key: undefined, onDuplicate: undefined, delay: undefined, ttl: undefined, maxAttempts: undefined } as const

function rules(order: Rules['order']): fc.Arbitrary<Rules> {
  return fc.record({
    order: fc.constant(order),
    onDead: fc.constantFrom('continue', 'halt'),
    concurrency: order === 'queue' ? fc.constant(1) : fc.constantFrom(1, 2, 6),
    maxAttempts: fc.constantFrom(1, 3),
    capacity: fc.constantFrom(undefined, undefined, undefined, 6),
  })
}

const step = <T>(name: string, given: fc.Arbitrary<T>, act: (play: Play, given: T) => Promise<void> | void): fc.Arbitrary<Step<Play>> =>
  stepOf(name, given, act)

function commands(order: Rules['order']): fc.Arbitrary<Step<Play>>[] {
  const group = order === 'queue' ? fc.constant('') : fc.constantFrom('a', 'b', 'c')
  const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
  const options = fc.record({
    group,
    key: fc.constantFrom(undefined, 'k', 'k', 'l'),
    onDuplicate: fc.constantFrom(undefined, 'replace', 'latest'),
    delay: some(fc.constantFrom(1_000, 5_000, 90_000)),
    ttl: some(fc.constantFrom(3_000, 20_000, 200_000)),
    maxAttempts: some(fc.constantFrom(1, 2)),
  })
  // One whose time is over before it joins is refused at once.
  const enqueued: fc.Arbitrary<Enqueued> = options.map(({ ttl, ...rest }) => ({ ...rest, ttl: ttl && ttl + (rest.delay ?? 0) }))
  const plain = group.map((each): Enqueued => ({ ...PLAIN, group: each }))
  const maybeGroup = order === 'queue' ? fc.constant(undefined) : some(group)
  const choice = some(fc.integer({ min: 1, max: 7 }))
  const answering = fc.constantFrom<Answering>('accepts', 'rejects', 'fails', 'conflicts', 'busy', 'forgot us', 'away', 'loses', 'held')
  const fault = fc.constantFrom<Fault>('unheard', 'connection-closed', 'aborted', 'aborted-late', 'lost')
  const enqueue = step(
    'enqueue',
    fc.record({ tab, all: fc.array(fc.oneof(plain, enqueued), { minLength: 1, maxLength: 4 }) }),
    (play, given) => play.enqueue(given.tab, given.all),
  )
  const again = step('enqueue unheard', fc.record({ tab, all: fc.array(enqueued, { minLength: 1, maxLength: 4 }) }), (play, given) => {
    play.stage.break(0, 'unheard')
    return play.enqueue(given.tab, given.all)
  })
  // Two groups whose messages lie between each other; the first does not get through at once, so that its group falls behind.
  const behind = step(
    'fall behind',
    fc.record({
      tab,
      answer: fc.constantFrom<Answering>('fails', 'away', 'loses'),
      next: fc.array(answering, { minLength: 1, maxLength: 3 }),
    }),
    (play, given) => {
      play.stage.answer([given.answer, ...given.next])
      const all = (order === 'queue' ? ['', '', ''] : ['a', 'b', 'a', 'b', 'a']).map((each) => ({ ...PLAIN, group: each }))
      return play.enqueue(given.tab, all)
    },
  )
  const answers = step('server', fc.array(answering, { minLength: 1, maxLength: 4 }), (play, next) => play.stage.answer(next))
  const time = step('advance', fc.constantFrom(500, 1_000, 5_000, 30_000, 100_000), (play, by) => play.stage.advance(by))
  return [
    enqueue,
    enqueue,
    enqueue,
    enqueue,
    again,
    behind,
    answers,
    answers,
    answers,
    time,
    time,
    step('cancel', fc.record({ nth: fc.nat(7), tab, abort: fc.boolean() }), (play, given) =>
      play.cancel(given.nth, given.tab, given.abort),
    ),
    step('cancel under way', fc.record({ nth: fc.nat(2), tab, abort: fc.boolean() }), (play, given) =>
      play.cancelUnderWay(given.nth, given.tab, given.abort),
    ),
    step('pause', fc.record({ tab, group: maybeGroup }), (play, given) => play.pause(given.tab, given.group)),
    step('resume', fc.record({ tab, group: maybeGroup }), (play, given) => play.resume(given.tab, given.group)),
    step('redrive', fc.record({ tab, choice }), (play, given) => play.redrive(given.tab, chosen(given.choice))),
    step('purge', fc.record({ tab, choice }), (play, given) => play.purge(given.tab, chosen(given.choice))),
    step('retryNow', fc.record({ tab, group: maybeGroup }), (play, given) => play.retryNow(given.tab, given.group)),
    step('look', fc.record({ tab, group }), (play, given) => play.look(given.tab, given.group)),
    step('jump', fc.constantFrom(-3_600_000, -30_000, -5_000, 5_000, 30_000, 3_600_000), (play, by) => play.stage.jump(by)),
    step('release', fc.constant(undefined), (play) => play.stage.release()),
    step('crash', fc.record({ after: fc.nat(8), isHeard: fc.boolean() }), (play, given) => play.stage.crash(given.after, given.isHeard)),
    step('break', fc.record({ after: fc.nat(6), fault }), (play, given) => play.stage.break(given.after, given.fault)),
    step('reopen', tab, (play, which) => play.stage.reopen(which)),
    step('steal', fc.constant(undefined), (play) => play.stage.steal()),
  ]
}

/** All, or those whose turn it is in some pattern. */
function chosen(choice: number | undefined): (dead: readonly Known[]) => readonly Known[] | undefined {
  return (dead) => (choice === undefined ? undefined : dead.filter((_, place) => ((choice >> (place % 3)) & 1) === 1))
}

/** Plays with queues of one kind, and shows the shortest history that goes wrong. */
export function playHistories(order: Rules['order']): Promise<void> {
  return playAll(`test/model/${order === 'queue' ? 'queue' : 'groups'}.test.ts`, RUNS, rules(order), commands(order), play)
}

async function play(given: Rules, steps: Iterable<fc.AsyncCommand<object, Play>>): Promise<void> {
  const played = new Play(given)
  let isWell = false
  try {
    await fc.asyncModelRun(() => ({ model: played.model, real: played }), steps)
    await played.heal()
    isWell = true
  } finally {
    await played.stage.end(isWell)
  }
}

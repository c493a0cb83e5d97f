import * as fc from 'fast-check'
import type { Fault } from './break-storage.ts'
import type { Behaviour } from './lease-consumer.ts'
import type { HandEnd } from './lease-facts.ts'
import type { LeaseRules } from './lease-hosts.ts'
import { LeasePlay } from './lease-play.ts'
import type { HandAct } from './lease-play.ts'
import type { Words } from './lease-stage.ts'
import { playAll, runs, step as stepOf } from './model-steps.ts'
import type { Step } from './model-steps.ts'

/** How many. */
export const RUNS: number = runs(200)

const tab = fc.nat(1)
const which = fc.nat(3)

const step = <T>(
  name: string,
  given: fc.Arbitrary<T>,
  act: (play: LeasePlay, given: T) => Promise<void> | void,
): fc.Arbitrary<Step<LeasePlay>> => stepOf(name, given, act)

function rules(order: LeaseRules['order']): fc.Arbitrary<LeaseRules> {
  return fc.record({ order: fc.constant(order), maxAttempts: fc.constantFrom(1, 2, 3), usual: fc.constantFrom('returns', 'waits') })
}

/** Weights are by how often a step is named. */
function commands(order: LeaseRules['order']): fc.Arbitrary<Step<LeasePlay>>[] {
  const group = order === 'queue' ? fc.constant('') : fc.constantFrom('a', 'b', 'c')
  const maybeGroup = order === 'queue' ? fc.constant(undefined) : fc.option(group, { nil: undefined })
  const enqueue = step('enqueue', fc.record({ tab, groups: fc.array(group, { minLength: 1, maxLength: 4 }) }), (play, given) =>
    play.enqueue(given.tab, given.groups),
  )
  return [enqueue, enqueue, ...ofConsumers(), ...ofHandlers(), ...ofLeaders(), ...ofTime(), ...ofUsers(maybeGroup)]
}

function ofConsumers(): fc.Arbitrary<Step<LeasePlay>>[] {
  const given = fc.record({ concurrency: fc.constantFrom(1, 1, 2, 3), lease: fc.constantFrom(2_000, 5_000, 20_000) })
  const come = step('a consumer comes', given, (play, options) => play.come(options))
  return [
    come,
    come,
    step('a consumer dies', which, (play, nth) => play.toOne(nth, (one) => one.die())),
    step('a consumer freezes', which, (play, nth) => play.toOne(nth, (one) => one.freeze())),
    step('a consumer is thawed', which, (play, nth) => play.toOne(nth, (one) => one.thaw())),
    step('a consumer is closed', fc.record({ nth: which, timeout: fc.constantFrom(0, 1_000, 30_000) }), (play, { nth, timeout }) =>
      play.toOne(nth, (one) => one.close(timeout)),
    ),
    step('a page is left', which, (play, nth) => play.toOne(nth, (one) => one.leavePage())),
    step('a page comes back', which, (play, nth) => play.toOne(nth, (one) => one.comeBack())),
  ]
}

function ofHandlers(): fc.Arbitrary<Step<LeasePlay>>[] {
  const behaviour = fc.constantFrom<Behaviour>('returns', 'throws', 'retries', 'rejects', 'waits', 'waits', 'waits', 'yields')
  const what = fc.constantFrom<HandAct>('returns', 'returns', 'throws', 'retries', 'rejects', 'extends', 'progresses')
  const script = step('handlers', fc.array(behaviour, { minLength: 1, maxLength: 4 }), (play, next) => void play.stage.script.push(...next))
  const act = step('a handler', fc.record({ nth: fc.nat(5), what }), (play, given) => play.act(given.nth, given.what))
  return [script, script, script, act, act, act]
}

function ofLeaders(): fc.Arbitrary<Step<LeasePlay>>[] {
  const fault = fc.constantFrom<Fault>('unheard', 'connection-closed', 'aborted', 'aborted-late', 'lost')
  const end = fc.constantFrom<HandEnd>('returns', 'returns', 'throws', 'rejects')
  const words = fc.constantFrom<Words>('roll', 'own', 'all')
  return [
    step('the leader dies', fc.constant(undefined), (play) => play.stage.hosts.killLeader()),
    step('the leader and a consumer die', which, (play, nth) => {
      play.toOne(nth, (one) => one.die())
      play.stage.hosts.killLeader()
    }),
    step('a consumer freezes, and the leader dies', which, (play, nth) => {
      play.toOne(nth, (one) => one.freeze())
      play.stage.hosts.killLeader()
    }),
    step('a handler ends, and the leader dies', fc.record({ nth: fc.nat(5), what: end, turns: fc.nat(3) }), async (play, given) => {
      play.act(given.nth, given.what)
      await play.turns(given.turns)
      play.stage.hosts.killLeader()
    }),
    step('the leader freezes', fc.constant(undefined), (play) => play.stage.hosts.freezeLeader()),
    step('the leader freezes for long', fc.constantFrom(10_000, 20_000), async (play, by) => {
      play.stage.hosts.freezeLeader()
      await play.stage.pass(by)
    }),
    step('tabs are thawed', fc.constant(undefined), (play) => play.stage.hosts.thaw()),
    step('crash', fc.record({ after: fc.nat(8), isHeard: fc.boolean() }), (play, given) =>
      play.stage.hosts.crashAfter(given.after, given.isHeard),
    ),
    step('break', fc.record({ after: fc.nat(6), fault }), (play, given) => play.stage.hosts.breakAfter(given.after, given.fault)),
    step('reopen', tab, (play, nth) => play.stage.reopen(nth)),
    step('words are late', words, (play, late) => play.stage.holdWords(late)),
    step('words arrive', fc.constant(undefined), (play) => play.stage.releaseWords()),
  ]
}

function ofTime(): fc.Arbitrary<Step<LeasePlay>>[] {
  const pass = step('time passes', fc.constantFrom(40, 500, 1_000, 2_000, 5_000, 12_000), (play, by) => play.stage.pass(by))
  return [
    pass,
    pass,
    pass,
    step('the device sleeps', fc.constantFrom(1_000, 5_000, 100_000), (play, by) => play.stage.sleep(by)),
    step('jump', fc.constantFrom(-3_600_000, -5_000, 5_000, 3_600_000), (play, by) => play.stage.jump(by)),
  ]
}

function ofUsers(group: fc.Arbitrary<string | undefined>): fc.Arbitrary<Step<LeasePlay>>[] {
  return [
    step('cancel', fc.record({ nth: fc.nat(7), tab, abort: fc.boolean() }), (play, given) =>
      play.cancel(given.nth, given.tab, given.abort),
    ),
    step('pause', fc.record({ tab, group }), (play, given) => play.pause(given.tab, given.group)),
    step('resume', fc.record({ tab, group }), (play, given) => play.resume(given.tab, given.group)),
    step('redrive', tab, (play, nth) => play.redrive(nth)),
    step('retryNow', tab, (play, nth) => play.retryNow(nth)),
  ]
}

/** Plays with queues of one kind, and shows the shortest history that goes wrong. */
export function playLeases(order: LeaseRules['order']): Promise<void> {
  return playAll('test/model/consumers.test.ts', RUNS, rules(order), commands(order), play)
}

async function play(given: LeaseRules, steps: Iterable<fc.AsyncCommand<object, LeasePlay>>): Promise<void> {
  const played = new LeasePlay(given)
  let isWell = false
  try {
    await fc.asyncModelRun(() => ({ model: played.model, real: played }), steps)
    await played.heal()
    isWell = true
  } finally {
    await played.stage.end(isWell)
  }
}

import { IDBFactory } from 'fake-indexeddb'
import { isQueueError } from '../../src/message/error.ts'
import type { Depth } from '../../src/message/message.ts'
import type { OnDuplicate } from '../../src/message/options.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { Clock } from '../../src/queue/clock.ts'
import { audit } from './audit.ts'
import type { Contents } from './audit.ts'
import { breakStorage } from './break-storage.ts'
import type { Fault } from './break-storage.ts'
import { Life, ownConnections } from './life.ts'
import { Model, show, throwFault } from './model.ts'
import type { Known } from './model.ts'
import { ModelServer } from './model-server.ts'
import { seeded } from './random.ts'
import { watchStorage } from './watch-storage.ts'
import { collect, World } from './world.ts'
import type { Tab } from './world.ts'

/** What kind of queue is played with. */
export interface Rules {
  readonly order: 'queue' | 'group'
  readonly onDead: 'continue' | 'halt'
  readonly concurrency: number
  readonly maxAttempts: number
  readonly capacity: number | undefined
}

export interface Enqueued {
  readonly group: string
  readonly key: string | undefined
  readonly onDuplicate: OnDuplicate | undefined
  readonly delay: number | undefined
  readonly ttl: number | undefined
  readonly maxAttempts: number | undefined
}

interface OpenTab {
  readonly tab: Tab
  readonly life: Life
  readonly queue: Queue<number>
}

/** Gathered answers wait no longer, in milliseconds; what waits for them is at rest then. */
const MOMENT = 25

/** Whatever takes more turns of the event loop never ends. */
const PATIENCE = 3_000

/** So many turns of the event loop in which nothing happens are rest. */
const QUIET = 6

/** A storage that is lost is looked for again at once, and nothing takes ten seconds. */
const storageClock: Clock = {
  now: () => 0,
  elapsed: () => 0,
  after(delay, callback) {
    if (delay >= 10_000) return () => {}
    const soon = setImmediate(callback)
    return () => clearImmediate(soon)
  },
}

/** Two tabs with one queue, played with through its verbs, and compared with the model at every rest. */
export class Play {
  readonly model: Model
  readonly #rules: Rules
  readonly #world = new World()
  readonly #server: ModelServer
  readonly #tabs: OpenTab[] = []
  readonly #mends: (() => void)[] = []
  readonly #watched: { underWay: number; begun: number }
  readonly #faults: { after: number; fault: Fault }[] = []
  #crash: { after: number; isHeard: boolean } | undefined
  #body = 0
  #isAtRest = true
  #wasRedriven = false
  /** Of which nothing arrives: it was stopped before the last rest. */
  #stopped = new Set<string>()
  #isStopped = false

  constructor(rules: Rules) {
    this.#rules = rules
    globalThis.indexedDB = new IDBFactory()
    this.#world.random = seeded(1)
    this.model = new Model(rules.onDead === 'halt', this.#world.clock.now())
    this.#server = new ModelServer(this.#world.server, this.model)
    this.#server.isStopped = ({ group }) => this.#isStopped || this.#stopped.has(group)
    const { watched, end } = watchStorage((contents) => this.#guard(() => this.#committed(contents)))
    this.#watched = watched
    this.#mends.push(
      ownConnections(),
      end,
      breakStorage(({ database }) => this.#faultOf(Life.of(database))),
    )
    this.#tabs.push(this.#open(), this.#open())
  }

  /** Everything that was ever on the disk, by id. */
  readonly #onDisk = new Set<string>()

  #committed(contents: Contents): void {
    const { inbox, delayed, changes } = contents
    for (const { id } of [...inbox.flatMap(({ messages }) => messages), ...delayed, ...changes]) this.#onDisk.add(id)
    audit(contents)
  }

  // What may be done

  async enqueue(tab: number, some: readonly Enqueued[]): Promise<void> {
    const wasAtRest = this.#isAtRest
    const asked = some.map((each) => this.#ask(tab, each))
    for (const { known, owners, receipt, each } of asked) await this.#stored(known, owners, each, receipt, wasAtRest)
  }

  async cancel(nth: number, tab: number, isAborting: boolean): Promise<void> {
    const known = this.#nth(nth)
    if (!known?.id) return
    const { id } = known
    const before = this.#isAtRest ? await this.#call(tab, (queue) => queue.receipt(id).status()) : undefined
    const wasUnderWay = this.#server.isUnderWay(known)
    const answer = await this.#call(tab, (queue) => queue.cancel(id, { abort: isAborting }))
    if (answer === undefined) {
      known.isUnsure = true
      if (isAborting) known.mayBeAborted = true
      return
    }
    if (answer === 'cancelled' && wasUnderWay && this.#server.isUnderWay(known))
      throwFault(`cancelled while it is being sent: ${show(known)}`)
    if (before !== undefined && this.#isAtRest) this.#expectCancelled(known, before, answer, isAborting)
    // One that was aborted is there until a leader meets it.
    const isThere = known.state === 'waiting' || known.state === 'delayed' || known.why === 'aborted' || known.isUnsure
    if (answer === 'cancelled' && !isThere) throwFault(`cancelled: ${show(known)}`)
    if (answer === 'cancelled' || answer === 'aborted') this.model.leave(known, 'gone', answer, true)
    const mustBeThere = (known.state === 'waiting' || known.state === 'delayed') && !known.isUnsure && !this.model.mayBeDead(known)
    if (answer === 'unknown' && mustBeThere) throwFault(`unknown: ${show(known)}`)
  }

  #expectCancelled(known: Known, before: string, answer: string, isAborting: boolean): void {
    const expected = { ready: 'cancelled', delayed: 'cancelled', leased: isAborting ? 'aborted' : 'leased' }[before] ?? 'unknown'
    if (answer !== expected) throwFault(`cancel() of what is ${before} says ${answer}: ${show(known)}`)
  }

  async pause(tab: number, group: string | undefined): Promise<void> {
    await this.#insist(tab, (queue) => queue.pause(group === undefined ? undefined : { group }))
    if (group === undefined) this.model.isPaused = true
    else this.model.paused.add(group)
  }

  async resume(tab: number, group: string | undefined): Promise<void> {
    // What is dying now may halt its group before, or after.
    await this.rest()
    if (group === undefined) {
      this.#isStopped = false
      this.model.isPaused = false
    }
    if (group !== undefined || this.#rules.order === 'queue') {
      this.#stopped.delete(group ?? '')
      this.model.paused.delete(group ?? '')
      this.model.letGo(group ?? '')
    }
    await this.#insist(tab, (queue) => queue.resume(group === undefined ? undefined : { group }))
  }

  /** The ids are given in any order. */
  async redrive(tab: number, choose: (dead: readonly Known[]) => readonly Known[] | undefined): Promise<void> {
    // What is dying now may be among them, or not.
    await this.rest()
    const dead = this.model.of('dead')
    const chosen = choose(dead)
    const ids = chosen?.map(({ id }) => id!).toReversed()
    const letters = chosen ?? dead
    this.model.redrive(letters)
    this.#wasRedriven ||= letters.length > 0
    await this.#take(tab, letters.length, (queue) => queue.redrive(ids))
  }

  async purge(tab: number, choose: (dead: readonly Known[]) => readonly Known[] | undefined): Promise<void> {
    await this.rest()
    const dead = this.model.of('dead')
    const chosen = choose(dead)
    const ids = chosen?.map(({ id }) => id!)
    const letters = chosen ?? dead
    for (const known of letters) this.model.leave(known, 'gone', 'purged', true)
    await this.#take(tab, letters.length, (queue) => queue.purge(ids))
  }

  async retryNow(tab: number, group: string | undefined): Promise<void> {
    await this.#insist(tab, (queue) => queue.retryNow(group === undefined ? undefined : { group }))
  }

  /** What is asked for by state and by group is what all of it says. */
  async look(tab: number, group: string): Promise<void> {
    await this.rest()
    await this.#call(tab, (queue) => this.#lookInto(queue, group))
  }

  async #lookInto(queue: Queue<number>, group: string): Promise<void> {
    const all = await this.#listed(queue)
    for (const state of ['ready', 'delayed', 'leased'] as const) {
      const found = await collect(queue.messages({ state }))
      same(
        `messages that are ${state}`,
        found.map(({ id }) => id),
        all.filter((message) => message.state === state).map(({ id }) => id),
      )
    }
    if (this.#rules.order === 'group') await this.#lookAt(queue, all, group)
  }

  async #lookAt(queue: Queue<number>, all: readonly Listed[], group: string): Promise<void> {
    const of = await collect(queue.messages({ group }))
    same(
      'messages of a group',
      of.map(({ id }) => id),
      all.filter((message) => (message.group ?? '') === group).map(({ id }) => id),
    )
    const { ready, delayed, leased, paused, halted } = await queue.depth({ group })
    same(
      'depth of a group',
      [ready + delayed + leased, paused, halted],
      [of.length, this.model.paused.has(group), this.model.halted.has(group)],
    )
  }

  advance(by: number): void {
    this.model.advance(by)
    this.#world.clock.advance(by)
    this.#isAtRest = false
  }

  jump(by: number): void {
    this.model.jump(by)
    this.#world.clock.jump(by)
  }

  answer(next: ModelServer['script']): void {
    this.#server.script.push(...next)
  }

  release(): void {
    this.#server.release()
    this.#isAtRest = false
  }

  /** Before, or after, one of the next transactions of the leader, its host is killed. */
  crash(after: number, isHeard: boolean): void {
    this.#crash = { after, isHeard }
  }

  break(after: number, fault: Fault): void {
    this.#faults.push({ after, fault })
  }

  async reopen(tab: number): Promise<void> {
    // It waits two seconds for what is under way.
    const before = this.#tabs[tab]!
    await this.#inTime('close', before.tab.close(), 2_000)
    // Its host may have died as it closed: then another is open.
    if (this.#tabs[tab] === before) this.#tabs[tab] = this.#open()
  }

  /** The leader freezes, another leads, and the first goes on as if nothing had happened. */
  steal(): void {
    this.#world.locks.steal(`holdfast/${this.#world.name}/leader`)
    this.#isAtRest = false
  }

  async turns(count: number): Promise<void> {
    this.#isAtRest = false
    await this.#turns(count)
  }

  // What is seen

  /** Waits until nothing happens any more without time or a request, and compares what the queue tells with what is known. */
  async rest(): Promise<void> {
    for (;;) {
      await this.#settled()
      this.#throwFaults()
      const crash = this.#crash
      const [queue] = this.#tabs.map((open) => open.queue)
      const found = await this.#inTime('a look', this.#found(queue!)).catch(() => undefined)
      await this.#settled()
      this.#throwFaults()
      // Killed by a look.
      if (!found || this.#crash !== crash) continue
      this.#compare(found)
      break
    }
    this.model.rest()
    this.#isAtRest = true
    this.#isStopped = this.model.isPaused
    this.#stopped = new Set(this.model.paused)
  }

  async #found(queue: Queue<number>): Promise<Found> {
    const listed = await this.#listed(queue)
    return { listed, letters: await collect(queue.deadLetters()), depth: await queue.depth() }
  }

  async #listed(queue: Queue<number>): Promise<Listed[]> {
    return collect(queue.messages()) as Promise<Listed[]>
  }

  #compare({ listed, letters, depth }: Found): void {
    for (const { id, body, state } of listed) this.#meet(this.model.find(id, body), state)
    for (const { id, body, reason } of letters) {
      const known = this.model.find(id, body as number)
      this.model.died(known, reason)
      known.isUnsure = false
    }
    const there = new Set([...listed, ...letters].map(({ id }) => id))
    for (const known of this.model.all) if (known.id === undefined || !there.has(known.id)) this.#miss(known)
    this.#inOrder(listed)
    const count = (state: string): number => listed.filter((message) => message.state === state).length
    same(
      'depth',
      [depth.ready, depth.delayed, depth.leased, depth.dead],
      [count('ready'), count('delayed'), count('leased'), letters.length],
    )
    same('stopped groups', depth.stopped, new Set([...this.model.paused, ...this.model.halted.keys()]).size)
    same('paused', depth.paused, this.model.isPaused)
    const { capacity } = this.#rules
    if (capacity !== undefined && listed.length > capacity && !this.#wasRedriven) throwFault(`${listed.length} wait, more than ${capacity}`)
    this.#oncePerKey(listed)
  }

  /** It is in the queue. */
  #meet(known: Known, state: Listed['state']): void {
    if (state === 'delayed') {
      if (known.state !== 'delayed') throwFault(`delayed: ${show(known)}`)
      return
    }
    if (known.state === 'delayed') {
      if (known.due.low > this.model.time.high) throwFault(`joined before its time: ${show(known)}`)
      this.model.join(known, this.model.line.length)
    }
    // It leaves the queue as a leader meets it.
    if (known.why === 'aborted') return
    if (known.state !== 'waiting' && !known.isUnsure) throwFault(`${state}: ${show(known)}`)
    if (known.state !== 'waiting') this.model.comeBack(known)
    known.isUnsure = known.mayBeAborted === true
  }

  /** It is neither in the queue nor a dead letter. */
  #miss(known: Known): void {
    const { state, isUnsure, isAccepted, key, group } = known
    if (state === 'gone') {
      known.isUnsure = false
      return
    }
    // Nobody was answered: it was never stored, or is gone by now.
    const isReplaced = key !== undefined && this.model.all.some((other) => other.key === key && other.group === group && other.mayReplace)
    if (state === 'asked' || (isUnsure && isAccepted) || (isUnsure && (state === 'waiting' || state === 'delayed')) || isReplaced)
      return this.model.leave(known, 'gone', 'missed', true)
    throwFault(`lost: ${show(known)}`)
  }

  /** Each group's messages stand in its order. */
  #inOrder(listed: readonly Listed[]): void {
    const last = new Map<string, Known>()
    for (const { id, state } of listed) {
      const known = this.model.byId(id)!
      // One under way stands in the inbox, also where its leader has died and none has met it since, though others of its group may have been set aside: those are listed first.
      if (state === 'delayed' || state === 'leased' || known.sent !== undefined) continue
      const before = last.get(known.group)
      const isLoose = before && (before.beside.has(known) || known.beside.has(before))
      if (before && !isLoose && before.place > known.place) throwFault(`${show(before)} stands before ${show(known)}`)
      last.set(known.group, known)
    }
  }

  /** Of messages with one dedup key, one at most may still be changed. */
  #oncePerKey(listed: readonly Listed[]): void {
    const open = new Map<string, Known[]>()
    for (const { id, state } of listed) {
      const known = this.model.byId(id)!
      const { key, group, sent, why } = known
      if (key === undefined || state === 'leased' || sent !== undefined || why === 'redriven' || why === 'aborted') continue
      const both = `${group} ${key}`
      open.set(both, [...(open.get(both) ?? []), known])
    }
    for (const known of open.values()) {
      // One that was reserved, and is so no more, is open again, beside those that were stored behind it.
      const isWrong = known.filter(({ isBehind }) => !isBehind).length > 1
      if (isWrong) throwFault(`more than one of a dedup key: ${known.map(show).join(', ')}`)
    }
  }

  // How it is done

  #ask(tab: number, each: Enqueued): Asked {
    const { group, key, onDuplicate, delay, ttl, maxAttempts } = each
    const body = ++this.#body
    const most = maxAttempts ?? this.#rules.maxAttempts
    const owners = key === undefined ? [] : this.model.owners(group, key)
    const known = this.model.ask(body, { group, key, most, ttl, delay })
    known.mayReplace = key !== undefined && onDuplicate !== undefined && onDuplicate !== 'ignore'
    const options = {
      ...(this.#rules.order === 'group' && { group }),
      ...(key !== undefined && { dedupKey: key }),
      ...(key !== undefined && onDuplicate && { onDuplicate }),
      ...(delay !== undefined && { delay }),
      ...(ttl !== undefined && { ttl }),
      ...(maxAttempts !== undefined && { maxAttempts }),
    }
    const receipt = this.#queue(tab)
      .enqueue(body, options)
      .then(({ id }) => id, refusalOf)
    this.#isAtRest = false
    return { known, owners, receipt, each }
  }

  async #stored(
    known: Known,
    owners: readonly Known[],
    { onDuplicate = 'ignore', key }: Enqueued,
    receipt: Promise<string | Refusal>,
    wasAtRest: boolean,
  ): Promise<void> {
    const id = await this.#inTime('enqueue()', receipt)
    if (typeof id !== 'string') return this.#refused(known, id, wasAtRest)
    // One that another has replaced in the same transaction was never there.
    if (key === undefined && !this.#onDisk.has(id)) throwFault(`said to be stored before it was: ${show(known)}`)
    const owner = this.model.byId(id)
    if (owner && owner !== known) {
      if (!owners.includes(owner) && owner.key !== key) throwFault(`${show(known)} is taken for ${show(owner)}`)
      if (owner.state === 'gone' && !owner.isUnsure && wasAtRest) throwFault(`${show(known)} is taken for ${show(owner)}`)
      if (onDuplicate === 'ignore') return this.model.forget(known)
      if (owner.sent !== undefined && wasAtRest) throwFault(`changed, though it was sent: ${show(owner)}`)
      return this.model.update(owner, known)
    }
    // The same as one of which nobody was told the id, perhaps: what is met will tell.
    if (!owner && owners.some((other) => other.id === undefined && this.model.all.includes(other))) return
    known.id = id
    known.mayReplace = false
    known.isBehind = owners.length > 0
    const replaced = owners.find((other) => other.id !== undefined && other.id === this.#replacements.get(id))
    if (replaced && known.state === 'asked') this.model.replace(replaced, known)
    else if (replaced) this.model.leave(replaced, 'gone', 'replaced', true)
    else if (known.state === 'asked') this.model.stored(known)
    const isOpen = owners.find(
      ({ sent, state, isUnsure, isKeyless }) =>
        sent === undefined && (state === 'waiting' || state === 'delayed') && !isUnsure && isKeyless !== true,
    )
    if (onDuplicate === 'ignore' && wasAtRest && isOpen) throwFault(`${show(known)} is stored beside ${show(isOpen)}`)
  }

  #refused(known: Known, refusal: Refusal, wasAtRest: boolean): void {
    if (refusal.code === 'host-lost') return
    known.mayReplace = false
    const { capacity = Infinity } = this.#rules
    const aborted = this.model.all.filter(({ why }) => why === 'aborted')
    const waiting = this.model.of('waiting').length + this.model.of('delayed').length + aborted.length
    if (wasAtRest && waiting < capacity) throwFault(`refused with ${waiting} waiting: ${show(known)}`)
    this.model.refuse(known)
  }

  /** Who has replaced whom, as its own page has heard. */
  readonly #replacements = new Map<string, string>()

  #open(): OpenTab {
    const life = new Life(() => {
      this.#server.leader = life
      this.model.takeOver()
    })
    const tab = this.#world.openTab({ storageClock }, undefined, undefined, life)
    const { order, onDead, concurrency, maxAttempts, capacity } = this.#rules
    const queue = tab.open<number>({
      order,
      onDead,
      concurrency,
      maxAttempts,
      ...(capacity !== undefined && { capacity: { messages: capacity } }),
      keepReceipts: { age: 1e12, number: 1_000 },
    })
    queue.subscribe((event) => {
      if (event.type === 'replaced') this.#replacements.set(event.by, event.id)
      if (event.type === 'storage-failed') this.#server.faults.push(new Error(event.message))
    })
    return { tab, life, queue }
  }

  #queue(tab: number): Queue<number> {
    return this.#tabs[tab]!.queue
  }

  /** A message that is known, whatever became of it. */
  #nth(nth: number): Known | undefined {
    return this.model.all.length === 0 ? undefined : this.model.all.at(-1 - (nth % Math.min(8, this.model.all.length)))
  }

  /** Asks the queue; nothing where its host has died meanwhile. */
  async #call<T>(tab: number, ask: (queue: Queue<number>) => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await this.#inTime('a verb', ask(this.#queue(tab)))
      this.#throwFaults()
      return answer
    } catch (error) {
      if (isQueueError(error) && error.code === 'host-lost') return undefined
      throw error
    }
  }

  /** Asks until it is answered. Says how often. */
  async #insist<T>(tab: number, ask: (queue: Queue<number>) => Promise<T>): Promise<{ answer: T; times: number }> {
    this.#isAtRest = false
    for (let times = 1; ; times++) {
      let isAnswered = false
      const answer = await this.#call(tab, async (queue) => {
        const given = await ask(queue)
        isAnswered = true
        return given
      })
      if (isAnswered) return { answer: answer as T, times }
    }
  }

  async #take(tab: number, count: number, take: (queue: Queue<number>) => Promise<number>): Promise<void> {
    const { answer, times } = await this.#insist(tab, take)
    if (answer !== count && times === 1) throwFault(`${answer} dead letters were taken, expected ${count}`)
  }

  #faultOf(life: Life | undefined): Fault | undefined {
    if (life?.isOver) return 'lost'
    if (this.#crash && life && life === this.#server.leader && this.#crash.after-- <= 0) {
      const { isHeard } = this.#crash
      this.#crash = undefined
      this.#kill(life)
      return isHeard ? 'unheard' : 'lost'
    }
    const [next] = this.#faults
    return next && next.after-- <= 0 ? this.#faults.shift()?.fault : undefined
  }

  /** The host dies; its page opens another. */
  #kill(life: Life): void {
    const place = this.#tabs.findIndex((open) => open.life === life)
    this.#tabs[place]!.tab.kill()
    this.#tabs[place] = this.#open()
  }

  #guard(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#server.faults.push(error)
    }
  }

  #throwFaults(): void {
    if (this.#server.faults.length > 0) throw this.#server.faults[0]
  }

  async #settled(): Promise<void> {
    const { clock, server } = this.#world
    for (let quiet = 0, seen = -1, left = PATIENCE; quiet < QUIET; quiet++) {
      if (left-- === 0)
        throwFault(
          `it does not come to rest: ${this.#watched.underWay} ${this.#watched.begun} ${server.arrivals.length} ${clock.next} ${clock.elapsed()}`,
        )
      await this.#turns(1)
      const now = this.#watched.begun + server.arrivals.length
      if (this.#watched.underWay > 0 || now !== seen) quiet = 0
      else if (quiet === QUIET - 1 && clock.next !== undefined && clock.next <= MOMENT) {
        this.advance(clock.next)
        quiet = 0
      }
      seen = now
    }
  }

  /** Waits for an answer, but not for ever. */
  async #inTime<T>(what: string, work: Promise<T>, advance = 0): Promise<T> {
    const answer = { isThere: false }
    const heard = (): void => void (answer.isThere = true)
    work.then(heard, heard)
    for (let turn = 0; !answer.isThere; turn++) {
      if (turn === PATIENCE) throwFault(`${what} is not answered`)
      if (advance > 0 && turn % 50 === 49) this.advance(advance)
      await this.#turns(1)
    }
    return work
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  // How it ends

  /** All is well from now on, until nothing waits; then each message has come to something, and its receipt says so. */
  async heal(): Promise<void> {
    this.#server.script.length = 0
    this.#faults.length = 0
    this.#crash = undefined
    this.release()
    await this.rest()
    await this.#resumeAll()
    for (let left = 50; !(await this.#isEmpty()); left--) {
      if (left === 0) throwFault(`still there: ${[...this.model.of('waiting'), ...this.model.of('delayed')].map(show).join(', ')}`)
      // What expires meanwhile halts its group once more.
      await this.#resumeAll()
      await this.retryNow(left % 2, undefined)
      await this.rest()
      // A delay that began before the clock was set back may be as long as that.
      this.advance(left > 20 ? 60_000 : 1_000_000)
      await this.rest()
    }
    await this.#receipts()
  }

  async #isEmpty(): Promise<boolean> {
    const { ready, delayed, leased } = await this.#inTime('depth()', this.#queue(0).depth())
    return ready + delayed + leased === 0
  }

  async #resumeAll(): Promise<void> {
    const groups = this.#rules.order === 'group' ? new Set([...this.model.paused, ...this.model.halted.keys()]) : []
    for (const group of groups) await this.resume(0, group)
    await this.resume(0, undefined)
  }

  async #receipts(): Promise<void> {
    const states = { accepted: 'accepted', purged: 'unknown', 'passed by': 'dead', cancelled: 'cancelled', aborted: 'cancelled' }
    for (const known of this.model.all) {
      if (known.id === undefined || known.why === 'missed' || known.why === 'replaced') continue
      const expected = known.state === 'dead' ? 'dead' : states[known.why as keyof typeof states]
      const receipt = this.#queue(0).receipt(known.id)
      if (known.why === 'aborted' && known.isAccepted) continue
      same(`receipt of ${show(known)}`, await this.#inTime('status()', receipt.status()), expected)
      const delivered = receipt.delivered.then(
        ({ body }) => body,
        (error: { code: string }) => error.code,
      )
      const answer = await this.#inTime(`\`delivered\` of ${show(known)}`, delivered)
      const told = {
        accepted: { text: `${known.bodies.at(-1)}` },
        dead: 'dead-lettered',
        cancelled: 'cancelled',
        unknown: 'answer-unknown',
      }
      same(`what the receipt of ${show(known)} gives`, answer, told[expected as keyof typeof told])
    }
  }

  /** @param isWell whether nothing may be left behind; otherwise all hosts die. */
  async end(isWell: boolean): Promise<void> {
    if (isWell) await this.#inTime('the end', this.#world.end(), 2_000)
    else for (const { life } of this.#tabs) life.end()
    await this.#turns(QUIET)
    for (const mend of this.#mends.toReversed()) mend()
  }
}

interface Listed {
  readonly id: string
  readonly body: number
  readonly state: 'ready' | 'delayed' | 'leased'
  readonly group?: string
}

interface Found {
  readonly listed: readonly Listed[]
  readonly letters: readonly { readonly id: string; readonly body: unknown; readonly reason: string }[]
  readonly depth: Depth
}

type Refusal = { readonly code: 'host-lost' | 'queue-full' }

interface Asked {
  readonly known: Known
  readonly owners: readonly Known[]
  readonly receipt: Promise<string | Refusal>
  readonly each: Enqueued
}

function refusalOf(error: unknown): Refusal {
  if (isQueueError(error) && (error.code === 'host-lost' || error.code === 'queue-full')) return { code: error.code }
  throw error
}

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throwFault(`${what}: ${a}, expected ${b}`)
}

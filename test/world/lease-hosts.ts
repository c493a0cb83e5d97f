import type { Queue } from '../../src/producer/queue.ts'
import { audit } from './audit.ts'
import type { Contents } from './audit.ts'
import type { Fault } from './break-storage.ts'
import { Freezer } from './freezer.ts'
import { hastyClock } from './hasty-clock.ts'
import type { LeaseModel } from './lease-model.ts'
import { Life } from './life.ts'
import type { Tab, World } from './world.ts'

/** What kind of queue is played with. */
export interface LeaseRules {
  readonly order: 'queue' | 'group'
  readonly maxAttempts: number
  /** What a handler does that was not told. */
  readonly usual: 'returns' | 'waits'
}

interface OpenTab {
  readonly tab: Tab
  readonly life: Life
  readonly freezer: Freezer
  readonly queue: Queue<number>
}

/** A queue with consumers in two tabs, whose hosts die and freeze, and whose storage breaks. */
export class LeaseHosts {
  readonly #rules: LeaseRules
  readonly #world: World
  readonly #model: LeaseModel
  readonly #tabs: OpenTab[] = []
  readonly #breaks: { after: number; fault: Fault }[] = []
  #leader: OpenTab | undefined
  #crash: { after: number; isHeard: boolean } | undefined
  /** So often the leader has to write before anybody knows that its storage works. */
  #mending = 0
  #head: Contents['head'] | undefined

  constructor(rules: LeaseRules, world: World, model: LeaseModel) {
    this.#rules = rules
    this.#world = world
    this.#model = model
  }

  /** Opens both. */
  begin(): void {
    this.#tabs.push(this.#open(), this.#open())
  }

  queue(tab: number): Queue<number> {
    return this.#tabs[tab]!.queue
  }

  /** A tab that can be asked: a host that is frozen does not answer. */
  awakeOr(tab: number): number {
    return this.#tabs[tab]!.freezer.isFrozen ? 1 - tab : tab
  }

  /** Whether somebody leads, hears and writes. */
  get areSound(): boolean {
    const { life, freezer } = this.#leader ?? {}
    return life?.isOver === false && freezer?.isFrozen === false && this.#mending === 0
  }

  /** The crash that is to come. */
  get crash(): object | undefined {
    return this.#crash
  }

  freezeLeader(): void {
    // One of them is there to be asked.
    if (!this.#leader || this.#leader.life.isOver || this.#tabs.some(({ freezer }) => freezer.isFrozen)) return
    this.#model.disturb()
    this.#leader.freezer.freeze()
  }

  thaw(): void {
    for (const { freezer } of this.#tabs) {
      if (!freezer.isFrozen) continue
      this.#model.disturb()
      freezer.thaw()
    }
  }

  killLeader(): void {
    if (this.#leader && !this.#leader.life.isOver) this.#kill(this.#leader.life)
  }

  killAll(): void {
    for (const { life } of this.#tabs) life.end()
  }

  /** Before, or after, one of the next transactions of the leader, its host is killed. */
  crashAfter(after: number, isHeard: boolean): void {
    this.#crash = { after, isHeard }
  }

  /** One of the next transactions of the leader fails. */
  breakAfter(after: number, fault: Fault): void {
    this.#breaks.push({ after, fault })
  }

  /** @param inTime waits until it is closed. */
  async reopen(tab: number, inTime: (closed: Promise<void>) => Promise<void>): Promise<void> {
    const before = this.#tabs[tab]!
    if (before.freezer.isFrozen) return
    if (before === this.#leader) this.#model.disturb()
    await inTime(before.tab.close())
    // Its host may have died as it closed: then another is open.
    if (this.#tabs[tab] === before) this.#tabs[tab] = this.#open()
  }

  /** Nothing dies, freezes or breaks any more. */
  calm(): void {
    this.#breaks.length = 0
    this.#crash = undefined
    this.thaw()
  }

  committed(contents: Contents): void {
    const { head } = contents
    if (head && head.epoch !== this.#head?.epoch) this.#mending = 0
    else if (head && head.revision !== this.#head?.revision) this.#mending = Math.max(0, this.#mending - 1)
    this.#head = head
    audit(contents)
  }

  faultOf(life: Life | undefined): Fault | undefined {
    if (life?.isOver) return 'lost'
    if (!life || life !== this.#leader?.life) return undefined
    if (this.#crash && this.#crash.after-- <= 0) {
      const { isHeard } = this.#crash
      this.#crash = undefined
      this.#kill(life)
      return isHeard ? 'unheard' : 'lost'
    }
    const [next] = this.#breaks
    if (!next || next.after-- > 0) return undefined
    this.#breaks.shift()
    this.#mending = 2
    this.#model.disturb()
    return next.fault
  }

  #open(): OpenTab {
    const lock = `holdfast/${this.#world.name}/leader`
    const life = new Life((name) => {
      if (name !== lock) return
      this.#leader = open
      this.#model.disturb()
    })
    const freezer = new Freezer()
    const tab = this.#world.openTab({ ...freezer.platform(this.#world.platform), storageClock: hastyClock }, undefined, undefined, life)
    const { order, maxAttempts } = this.#rules
    const keepReceipts = { age: 1e12, number: 1_000 }
    const queue = tab.open<number>({ consumers: true, order, maxAttempts, backoff: { first: 1_000, longest: 4_000 }, keepReceipts })
    queue.subscribe((event) => {
      if (event.type === 'storage-failed') this.#mending = Math.max(this.#mending, 1)
    })
    const open: OpenTab = { tab, life, freezer, queue }
    return open
  }

  /** The host dies; its page opens another. */
  #kill(life: Life): void {
    this.#model.disturb()
    const place = this.#tabs.findIndex((open) => open.life === life)
    if (place < 0) return life.end()
    const { tab, freezer } = this.#tabs[place]!
    tab.kill()
    // What it waited for comes to nothing.
    freezer.thaw()
    this.#tabs[place] = this.#open()
  }
}

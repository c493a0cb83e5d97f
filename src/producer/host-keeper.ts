import { wallClock } from '../handler/clock.ts'
import { isQueueError, QueueError } from '../message/error.ts'
import { isReplaceable } from './start-host.ts'
import type { PageEnd, StartedHost, StartHost } from './start-host.ts'
import type { WayBack } from './way-back.ts'

/**
 * How long to wait before a host that has died is started again, in milliseconds, by how often that was in a row; the last for every further time. What has happened
 * once is made good at once.
 */
const PAUSES = [0, 1_000, 4_000, 15_000, 30_000]

/** A host that has lived for so long, in milliseconds, dies for the first time. */
const LONG = 60_000

/** How often in a row a host that has died may fail to start, before those who wait for it are told. */
const MOST_FAILURES = 3

/** Time as the page's end takes it. */
export interface Timer {
  /** Milliseconds since some moment. */
  elapsed(): number
  /** Calls back once, after a number of milliseconds; returns what takes that back. */
  after(delay: number, callback: () => void): () => void
}

export const pageTimer: Timer = { ...wallClock, elapsed: () => performance.now() }

/** What a host comes after. */
export interface Before {
  /** There was one before. */
  readonly isAgain: boolean
  /** That one died, while the page lived. */
  readonly isAfterDeath: boolean
}

export interface KeeperOptions {
  readonly start: StartHost
  readonly timer: Timer
  /** The page's end for one host: what that says after it is over is not heard. */
  readonly page: (isOver: AbortSignal) => PageEnd
  /** Makes a host that has started ready to be asked. */
  readonly prepare: (host: StartedHost, before: Before, isOver: AbortSignal) => Promise<void>
  /** It is ready. Whoever waits is asked for before anything new. */
  readonly isUp: (host: StartedHost) => void
  readonly died: () => void
  /** No other one starts. */
  readonly failed: (error: QueueError) => void
}

interface Current {
  readonly host: StartedHost
  /** Aborted when it has died, or was stopped. */
  readonly over: AbortController
}

/**
 * Keeps a host up, from the first time that one is needed.
 *
 *     down --(needed)--> starting --> up
 *     starting --(fails: the first host at once, a later one three times)--> down     whoever waits is told
 *     up --(it dies)--> pausing --> starting
 *     up --(the page leaves, or its storage does)--> stopped --(the page returns, or another realm is there)--> starting
 */
export class HostKeeper {
  readonly #options: KeeperOptions
  #current: Current | undefined
  #host: StartedHost | undefined
  #starting: Promise<StartedHost> | undefined
  #isEnded = false
  #wasUp = false
  #upSince = 0
  #deaths = 0
  #hasDied = false
  #pause = 0
  #endPause = (): void => {}
  /** Resolves when the page is there again. */
  #away: { readonly returned: Promise<void>; readonly end: () => void } | undefined
  /** Where the host is made, if that is not in this page's own realm. */
  #wayBack: WayBack | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** The host, where it can be asked. */
  get host(): StartedHost | undefined {
    return this.#host
  }

  /** The host, once it can be asked. */
  up(): Promise<StartedHost> {
    if (this.#host) return Promise.resolve(this.#host)
    this.#starting ??= this.#bringUp().finally(() => (this.#starting = undefined))
    return this.#starting
  }

  /** The page leaves, perhaps to come back. Nothing else frees what a worker holds while its page is kept, in WebKit. */
  leave(): void {
    if ((this.#current && !isReplaceable(this.#current.host)) || this.#away) return
    let end = (): void => {}
    const returned = new Promise<void>((resolve) => (end = resolve))
    this.#away = { returned, end }
    this.#stopCurrent()
  }

  /** The page is there again. @returns whether its host had left with it. */
  comeBack(): boolean {
    const away = this.#away
    this.#away = undefined
    away?.end()
    if (away && this.#wasUp && !this.#isEnded) this.#upOrDown()
    return away !== undefined
  }

  /** The host is made elsewhere from now on. */
  async move(wayBack: WayBack): Promise<void> {
    this.#stopCurrent()
    this.#wayBack?.close()
    this.#wayBack = wayBack
    await this.up()
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#isEnded = true
    this.#endPause()
    this.#away?.end()
    this.#stopCurrent()
    await this.#starting?.catch(() => {})
    this.#wayBack?.close()
  }

  async #bringUp(): Promise<StartedHost> {
    for (let failures = 0; ;) {
      await this.#rest()
      if (this.#isEnded) throw new QueueError('closed', 'The queue was closed before its host was up')
      const over = new AbortController()
      try {
        const host = await this.#options.start(this.#options.page(over.signal), this.#wayBack?.maker)
        if (await this.#prepare(host, over)) return host
      } catch (error) {
        over.abort()
        failures += 1
        if (!this.#wasUp || failures === MOST_FAILURES || !isWorthAnotherTry(error)) throw this.#failure(error)
        this.#pause = PAUSES[failures] ?? 0
      }
    }
  }

  /** @returns whether it is up: it may have died, or the page have left, meanwhile. */
  async #prepare(host: StartedHost, over: AbortController): Promise<boolean> {
    if (this.#isEnded || (this.#away && isReplaceable(host))) {
      host.stop()
      over.abort()
      return false
    }
    const current = (this.#current = { host, over })
    void host.lost.then(() => this.#lose(current))
    const isOver = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve()))
    const before = { isAgain: this.#wasUp, isAfterDeath: this.#hasDied }
    await Promise.race([this.#options.prepare(host, before, over.signal), isOver])
    if (over.signal.aborted) return false
    this.#host = host
    this.#wasUp = true
    this.#upSince = this.#options.timer.elapsed()
    this.#hasDied = false
    this.#options.isUp(host)
    return true
  }

  #lose({ host, over }: Current): void {
    if (over.signal.aborted) return
    over.abort()
    // A worker of which nothing is left but its thread.
    host.stop()
    const lived = this.#host === undefined ? 0 : this.#options.timer.elapsed() - this.#upSince
    this.#current = this.#host = undefined
    this.#wasUp = this.#hasDied = true
    this.#pause = PAUSES[lived < LONG ? this.#deaths : 0] ?? PAUSES.at(-1)!
    this.#deaths = lived < LONG ? this.#deaths + 1 : 1
    this.#options.died()
    if (!this.#isEnded) this.#upOrDown()
  }

  /** Should it fail, whoever asks next begins anew. */
  #upOrDown(): void {
    this.up().catch((error: unknown) => this.#isEnded || this.#options.failed(error as QueueError))
  }

  #stopCurrent(): void {
    this.#current?.over.abort()
    this.#current?.host.stop()
    this.#current = this.#host = undefined
  }

  /** Until it is time for the next try, and the page is there. */
  async #rest(): Promise<void> {
    const length = this.#pause
    this.#pause = 0
    if (length > 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.timer.after(length, resolve)
        this.#endPause = () => {
          cancel()
          resolve()
        }
      })
    }
    while (this.#away && !this.#isEnded) await this.#away.returned
  }

  #failure(cause: unknown): QueueError {
    if (this.#wasUp) {
      const text = `The worker died, and another did not start (${String(cause)}); what was being asked may or may not have happened`
      return new QueueError('host-lost', text, { cause })
    }
    return isQueueError(cause) ? cause : new QueueError('host-failed', `The host did not start: ${String(cause)}`, { cause })
  }
}

/** Where there is no IndexedDB, there is none the next time either. */
function isWorthAnotherTry(error: unknown): boolean {
  return !isQueueError(error) || error.code === 'host-failed'
}

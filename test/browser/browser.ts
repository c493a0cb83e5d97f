import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { inject } from 'vitest'
import type * as library from '../../src/index.ts'
import { chromiumDriver } from './chromium.ts'
import type { Driver } from './driver.ts'
import type { Engine } from './find-browser.ts'
import { firefoxDriver } from './firefox.ts'
import { webkitDriver } from './webkit.ts'
import { until } from './until.ts'

declare global {
  // What the shop's page puts there.
  var holdfast: typeof library
  var orders: library.Queue<{ n: number }>
  /** What was told when its host started. */
  var started: Promise<library.QueueEvent>
}

const DRIVERS: Record<Engine, Driver> = { chromium: chromiumDriver, firefox: firefoxDriver, webkit: webkitDriver }

/** A real browser on a profile that outlives it: Playwright's usual contexts keep IndexedDB in memory. */
export class Browser {
  readonly #profile: string
  readonly #chromiumArgs: readonly string[]
  #context: BrowserContext

  private constructor(profile: string, chromiumArgs: readonly string[], context: BrowserContext) {
    this.#profile = profile
    this.#chromiumArgs = chromiumArgs
    this.#context = context
  }

  /** @param chromiumArgs what Chromium is told beside the usual; no other engine knows it. */
  static async launch(chromiumArgs: readonly string[] = []): Promise<Browser> {
    const profile = await mkdtemp(path.join(tmpdir(), 'holdfast-'))
    return new Browser(profile, chromiumArgs, await launch(profile, chromiumArgs))
  }

  get context(): BrowserContext {
    return this.#context
  }

  /** Kills every process of the browser, as a crash or a battery would, and starts it again on the same profile. */
  async killAndRestart(): Promise<void> {
    await driver().killAll(this.#context, this.#profile)
    this.#context = await launch(this.#profile, this.#chromiumArgs)
  }

  /** Closes the browser, has its user block the storage of every site, and starts it again. */
  async restartWithoutStorage(): Promise<void> {
    await this.#context.close()
    await driver().blockStorage(this.#profile)
    this.#context = await launch(this.#profile, this.#chromiumArgs)
  }

  /** The process that a tab runs in, if each has its own. Nobody else should be at work meanwhile. */
  processOf(page: Page): Promise<number> {
    return driver().processOf(this.#context, this.#profile, page)
  }

  /** Has the process of a tab crash; resolves when it has. */
  crash(page: Page): Promise<void> {
    return driver().crash(this.#context, this.#profile, page)
  }

  async close(): Promise<void> {
    await this.#context.close()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  /** A tab with the shop's page, its queue open. */
  async openShop(url: string, options: Partial<library.OpenOptions<{ n: number }>> = {}): Promise<Page> {
    const page = await this.#context.newPage()
    await page.goto(url)
    await openOrders(page, options)
    return page
  }
}

/** Opens the queue on a page that was loaded, or loaded again. */
export async function openOrders(page: Page, options: Omit<Partial<library.OpenOptions<{ n: number }>>, 'consumers'> = {}): Promise<void> {
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate((given) => {
    globalThis.orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders', ...given })
    globalThis.started = new Promise((resolve) => {
      globalThis.orders.subscribe((event) => event.type === 'host-started' && resolve(event))
    })
  }, options)
}

/** Enqueues numbers from one on, and resolves when they are stored. */
export async function enqueue(page: Page, from: number, count: number): Promise<void> {
  await page.evaluate(
    async ([first, length]) => {
      await Promise.all(Array.from({ length }, (_, i) => globalThis.orders.enqueue({ n: first + i })))
    },
    [from, count] as const,
  )
}

/** Hurries the queue along, whatever waits it is in, until nothing waits. */
export async function idle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    let isIdle = false
    const idle = globalThis.orders.idle().then(() => (isIdle = true))
    const hurry = setInterval(() => !isIdle && void globalThis.orders.retryNow(), 200)
    await idle.finally(() => clearInterval(hurry))
  })
}

export const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

function driver(): Driver {
  return DRIVERS[inject('driven').engine]
}

function launch(profile: string, chromiumArgs: readonly string[]): Promise<BrowserContext> {
  return driver().launch(inject('driven').executablePath, profile, chromiumArgs)
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright'
import type { BrowserContext, Page } from 'playwright'
import { inject } from 'vitest'
import type * as library from '../../src/index.ts'
import { CHROMIUM_ARGS } from './find-browser.ts'

declare global {
  // What the shop's page puts there.
  var holdfast: typeof library
  var orders: library.Queue<{ n: number }>
}

/** A real browser on a profile that outlives it: Playwright's usual contexts keep IndexedDB in memory. */
export class Browser {
  readonly #profile: string
  readonly #args: readonly string[]
  #context: BrowserContext

  private constructor(profile: string, args: readonly string[], context: BrowserContext) {
    this.#profile = profile
    this.#args = args
    this.#context = context
  }

  /** @param args what the browser is told beside the usual. */
  static async launch(args: readonly string[] = []): Promise<Browser> {
    const profile = await mkdtemp(path.join(tmpdir(), 'holdfast-'))
    return new Browser(profile, args, await launch(profile, args))
  }

  get context(): BrowserContext {
    return this.#context
  }

  /** Kills every process of the browser, as a crash or a battery would, and starts it again on the same profile. */
  async killAndRestart(): Promise<void> {
    const session = await this.#context.browser()!.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    const closed = new Promise((resolve) => this.#context.once('close', resolve))
    for (const { id } of processInfo.sort((a) => (a.type === 'browser' ? -1 : 1))) kill(id)
    await closed
    this.#context = await launch(this.#profile, this.#args)
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
export async function openOrders(page: Page, options: Partial<library.OpenOptions<{ n: number }>> = {}): Promise<void> {
  await page.waitForFunction(() => 'holdfast' in globalThis)
  await page.evaluate((given) => {
    globalThis.orders = globalThis.holdfast.openQueue<{ n: number }>('orders', { endpoint: '/orders', ...given })
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

function launch(profile: string, args: readonly string[]): Promise<BrowserContext> {
  const { executablePath } = inject('chromium')
  return chromium.launchPersistentContext(profile, { executablePath, args: [...CHROMIUM_ARGS, ...args] })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with its parent.
  }
}

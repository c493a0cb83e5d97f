import type { BrowserContext, Page } from 'playwright'
import type { Driver } from './driver.ts'
import { MiniBrowser } from './mini-browser.ts'
import { busiestOf, ended, kill } from './processes.ts'
import { script } from './shop-server.ts'
import { ToldPages } from './told-pages.ts'

const SETTINGS = ['--javascript-can-open-windows-automatically=true']

/** What WebKitGTK's own browser can do of what Playwright's pages can. */
class ToldPage {
  readonly #context: ToldContext
  readonly #id: string

  constructor(context: ToldContext, id: string) {
    this.#context = context
    this.#id = id
  }

  async goto(url: string): Promise<void> {
    const loaded = this.#context.pages.loaded(this.#id)
    await this.#context.open(`${url}#tab=${this.#id}`)
    await loaded
    await this.#expose()
  }

  async reload(): Promise<void> {
    const loaded = this.#context.pages.loaded(this.#id)
    this.evaluate(() => location.reload()).catch(() => {})
    await loaded
    await this.#expose()
  }

  close(): Promise<void> {
    return this.#context.pages.closeTab(this.#id)
  }

  evaluate<T>(run: (given: T) => unknown, given?: T): Promise<unknown> {
    return this.#context.pages.run(this.#id, run.toString(), given)
  }

  async #expose(): Promise<void> {
    for (const name of this.#context.exposed) {
      await this.evaluate((of: string) => {
        const { callTest } = globalThis as unknown as { callTest: (name: string, given: unknown) => unknown }
        Object.assign(globalThis, { [of]: (given: unknown) => callTest(of, given) })
      }, name)
    }
  }
}

/** The same of what its contexts can. */
class ToldContext {
  readonly pages: ToldPages
  readonly exposed: string[] = []
  readonly #browser: MiniBrowser
  #tabs = 0

  constructor(pages: ToldPages, browser: MiniBrowser) {
    this.pages = pages
    this.#browser = browser
  }

  newPage(): Promise<Page> {
    return Promise.resolve(sayWhatIsMissing(new ToldPage(this, String(++this.#tabs))) as unknown as Page)
  }

  exposeFunction(name: string, run: (given: never) => unknown): Promise<void> {
    this.pages.expose(name, run)
    this.exposed.push(name)
    return Promise.resolve()
  }

  /** A tab that opens the others. */
  async open(url: string): Promise<void> {
    await this.pages.run('0', '(url) => void window.open(url, "_blank", "noopener")', url)
  }

  get webProcesses(): number[] {
    return this.#browser.webProcesses
  }

  async end(): Promise<void> {
    await this.#browser.kill()
    this.pages.forgetAll()
    await this.pages.close()
  }

  close(): Promise<void> {
    return this.end()
  }
}

/** Whatever else a test would like to do is an error that says so. */
function sayWhatIsMissing(page: ToldPage): ToldPage {
  return new Proxy(page, {
    get(target, name) {
      if (name === 'then') return undefined
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') throw new Error(`WebKitGTK’s pages are told things, and not driven: no ${String(name)}`)
      return (...given: unknown[]): unknown => (value as (...all: unknown[]) => unknown).apply(target, given)
    },
  })
}

const told = (context: BrowserContext): ToldContext => context as unknown as ToldContext

export const webkitDriver: Driver = {
  async blockStorage() {
    throw new Error('WebKitGTK has no setting that blocks the storage of sites')
  },

  async launch(executablePath, profile) {
    const pages = await ToldPages.start()
    script.ofPages = pages.script
    const opened = pages.loaded('0')
    const browser = await MiniBrowser.open(executablePath, { home: profile }, ...SETTINGS, `${pages.url}#tab=0`)
    await opened
    return new ToldContext(pages, browser) as unknown as BrowserContext
  },

  killAll: (context) => told(context).end(),

  async processOf(context, _, page) {
    return busiestOf(
      told(context).webProcesses,
      page.evaluate(() => {
        for (const end = performance.now() + 1_500; performance.now() < end;) Math.random()
      }),
    )
  },

  async crash(context, profile, page) {
    const pid = await webkitDriver.processOf(context, profile, page)
    kill(pid)
    await ended(pid)
  },
}

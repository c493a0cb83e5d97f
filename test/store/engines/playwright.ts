import { playwright, PlaywrightBrowserProvider } from '@vitest/browser-playwright'
import type { PlaywrightProviderOptions } from '@vitest/browser-playwright'
import type { BrowserProviderOption, TestProject } from 'vitest/node'
import { findBrowser, launchOptions } from '../../browser/find-browser.ts'
import { createProfile, removeProfile } from '../../browser/profile.ts'
import type { HasProfile } from './back-ends.ts'

type Engine = 'chromium' | 'firefox'

/**
 * Runs tests in a browser that is looked for when it is first needed, on a profile of its own: in Playwright's usual contexts Chromium keeps
 * IndexedDB in memory, with another back end than users have.
 */
export function inPlaywright(engine: Engine, args: string[] = []): BrowserProviderOption {
  return { ...playwright(), providerFactory: (project) => new ProfileProvider(project, engine, args) }
}

/** The provider of Vitest's own, but for where the browser and its profile are. */
class ProfileProvider extends PlaywrightBrowserProvider implements HasProfile {
  readonly #engine: Engine
  readonly #args: string[]
  readonly #options: PlaywrightProviderOptions
  #profile: string | undefined

  constructor(project: TestProject, engine: Engine, args: string[]) {
    const options: PlaywrightProviderOptions = {}
    super(project, options)
    this.#engine = engine
    this.#args = args
    this.#options = options
  }

  /** The folder of the browser's profile, once there is a page. */
  get profile(): string | undefined {
    return this.#profile
  }

  override async openPage(...given: Parameters<PlaywrightBrowserProvider['openPage']>): Promise<void> {
    if (this.#profile === undefined) await this.#prepare()
    await super.openPage(...given)
  }

  override async close(): Promise<void> {
    await super.close()
    if (this.#profile !== undefined) await removeProfile(this.#profile)
    this.#profile = undefined
  }

  async #prepare(): Promise<void> {
    const { executablePath } = await findBrowser(this.#engine, (line) => console.log(`[browser] ${line}`))
    const { args = [], ...launch } = launchOptions(this.#engine, executablePath)
    this.#profile = await createProfile(this.#engine)
    this.#options.launchOptions = { ...launch, args: [...args, ...this.#args] }
    this.#options.persistentContext = this.#profile
  }
}

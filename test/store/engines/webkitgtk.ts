import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProviderOption, TestProject } from 'vitest/node'
import { findBrowser } from '../../browser/find-browser.ts'
import { MiniBrowser } from '../../browser/mini-browser.ts'
import type { HasProfile } from './back-ends.ts'

/** Runs tests in WebKitGTK. A page of tests talks to Vitest by itself: all that is asked of a provider is to open it. */
export function inWebKitGtk(): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'webkitgtk',
    supportedBrowser: ['webkit'],
    providerFactory: (project) => new WebKitGtkProvider(project),
  })
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    __vitest_viewport: () => Promise<void>
  }
}

class WebKitGtkProvider implements HasProfile {
  readonly name = 'webkitgtk'
  readonly supportsParallelism = false
  #browser: MiniBrowser | undefined

  constructor(project: TestProject) {
    // Each provider is asked for the size of the frame that tests run in. Any will do.
    project.browser!.registerCommand('__vitest_viewport', async () => {})
  }

  get profile(): string | undefined {
    return this.#browser?.home
  }

  getCommandsContext(): Record<string, unknown> {
    return {}
  }

  async openPage(_session: string, url: string): Promise<void> {
    await this.close()
    const { executablePath } = await findBrowser('webkit', (line) => console.log(`[browser] ${line}`))
    this.#browser = await MiniBrowser.open(executablePath, {}, url)
  }

  async close(): Promise<void> {
    await this.#browser?.close()
    this.#browser = undefined
  }
}

import type { BrowserContext, Page } from 'playwright'
import type { Engine, FoundBrowser } from './find-browser.ts'

/** The browser that the tests of a project drive. */
export interface DrivenBrowser extends FoundBrowser {
  readonly engine: Engine
}

declare module 'vitest' {
  export interface ProvidedContext {
    driven: DrivenBrowser
  }
}

/** What each engine does in its own way. */
export interface Driver {
  /**
   * Starts the browser on a profile, whatever is in there.
   *
   * @param chromiumArgs what Chromium is told beside the usual; no other engine knows it.
   */
  launch(executablePath: string, profile: string, chromiumArgs: readonly string[]): Promise<BrowserContext>
  /** Has the user block the storage of every site, in a profile that no browser runs on. */
  blockStorage(profile: string): Promise<void>
  /** Kills every process of the browser; resolves when they have ended. */
  killAll(context: BrowserContext, profile: string): Promise<void>
  /** The process that a tab runs in, if each has its own. Nobody else should be at work meanwhile. */
  processOf(context: BrowserContext, profile: string, page: Page): Promise<number>
  /** Has the process of a tab crash; resolves when it has. */
  crash(context: BrowserContext, profile: string, page: Page): Promise<void>
}

import type { TestProject } from 'vitest/node'
import { findBrowser } from './find-browser.ts'
import type { FoundBrowser } from './find-browser.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    chromium: FoundBrowser
  }
}

/** Without a browser, the browser's tests fail: a run that did not try the browser's promises proves nothing. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', await findBrowser('chromium', (line) => console.log(`[browser] ${line}`)))
}

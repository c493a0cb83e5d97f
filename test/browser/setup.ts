import type { TestProject } from 'vitest/node'
import { findBrowser } from './find-browser.ts'
import type { Engine } from './find-browser.ts'

export type Setup = (project: TestProject) => Promise<void>

/** Without a browser, the browser's tests fail: a run that did not try the browser's promises proves nothing. */
export function provideBrowser(engine: Engine): Setup {
  return async (project) => {
    project.provide('driven', { engine, ...(await findBrowser(engine, (line) => console.log(`[browser] ${line}`))) })
  }
}

const setup: Setup = provideBrowser('chromium')
export default setup

import type { TestProject } from 'vitest/node'
import { findBrowser } from '../browser/find-browser.ts'
import type { FoundBrowser } from '../browser/find-browser.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    webkit: FoundBrowser
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('webkit', await findBrowser('webkit', (line) => console.log(`[browser] ${line}`)))
}

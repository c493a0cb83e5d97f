import type { TestProject } from 'vitest/node'
import { findBrowser } from '../browser/find-browser.ts'
import type { FoundBrowser } from '../browser/find-browser.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    firefox: FoundBrowser
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('firefox', await findBrowser('firefox', (line) => console.log(`[browser] ${line}`)))
}

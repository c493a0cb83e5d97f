import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHROMIUM_ARGS } from '../../test/browser/find-browser.ts'

const ARGS = [
  ...CHROMIUM_ARGS,
  '--headless=new',
  '--disable-breakpad',
  '--no-default-browser-check',
  // Memory is measured when it is asked for, and not with the next collection of garbage.
  '--enable-blink-features=ForceEagerMeasureMemory',
]

const running = new Set<Chromium>()
const folders = new Set<string>()

/** A browser with nothing attached to it: started with an address, and ended by its process's id. */
export class Chromium {
  readonly #process: ChildProcess
  readonly #exited: Promise<void>

  constructor(executablePath: string, profile: string, url: string) {
    // A group of its own, so that its children end with it.
    this.#process = spawn(executablePath, [...ARGS, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true })
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', () => resolve())
      this.#process.once('error', () => resolve())
    })
    running.add(this)
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL', true)
    await this.#exited
    running.delete(this)
  }

  /** As a user would: what is to be written is written. */
  async close(): Promise<void> {
    const timer = setTimeout(() => void this.kill(), 10_000)
    this.#signal('SIGTERM', false)
    await this.#exited
    clearTimeout(timer)
    await this.kill()
  }

  #signal(signal: NodeJS.Signals, isForAll: boolean): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      process.kill(isForAll ? -pid : pid, signal)
    } catch {
      // It has ended already.
    }
  }
}

/** Leaves no browser and no folder behind, however the run ends. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((browser) => browser.kill()))
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 10 })))
}

/** A folder of its own, which is deleted when `use` is done. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-bench-'))
  folders.add(folder)
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    folders.delete(folder)
  }
}

/** A browser's profile: fresh, or a copy of another where one is given. */
export function withProfile<T>(original: string | undefined, use: (profile: string) => Promise<T>): Promise<T> {
  return withFolder(async (profile) => {
    if (original !== undefined) await cp(original, profile, { recursive: true, filter: isNoLock })
    return use(profile)
  })
}

/** What says that a profile is in use is not to be copied. */
function isNoLock(source: string): boolean {
  return !path.basename(source).startsWith('Singleton')
}

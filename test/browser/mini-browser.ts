import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { ended } from './processes.ts'
import { createProfile, removeProfile } from './profile.ts'

/** Processes that run now: what ends in the middle leaves none behind. */
const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach(kill))

/**
 * WebKitGTK's own small browser with a tab for each address, on a screen that nobody sees. It is not driven: with automation it forgets what it stored, and
 * a page that is told what to do by its own server needs none.
 */
export class MiniBrowser {
  /** The folder in which it keeps everything, while it is open. */
  readonly home: string
  readonly #screen: ChildProcess
  readonly #browser: ChildProcess

  private constructor(home: string, screen: ChildProcess, browser: ChildProcess) {
    this.home = home
    this.#screen = screen
    this.#browser = browser
  }

  /** @param given `home`: a folder of one's own, which is kept. */
  static async open(executablePath: string, given: { home?: string }, ...urls: string[]): Promise<MiniBrowser> {
    const home = given.home ?? (await createProfile('webkit'))
    const { screen, display } = await startScreen()
    return new MiniBrowser(home, screen, start(executablePath, urls, { stdio: 'ignore', env: environment(home, display) }))
  }

  /** Kills the process that has the network and the storage, as a crash would, and iOS does; the browser starts another. */
  killNetworkProcess(): void {
    for (const id of this.#processes('WebKitNetworkProcess')) process.kill(id, 'SIGKILL')
  }

  /** The processes that its tabs run in. */
  get webProcesses(): number[] {
    return this.#processes('WebKitWebProcess')
  }

  #processes(command: string): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return all.filter((id) => groupOf(id) === this.#browser.pid && commandOf(id).includes(command)).map(Number)
  }

  /** Kills every process of it, as a crash or a battery would; what it has stored stays. */
  async kill(): Promise<void> {
    const all = [...this.#processes('WebKit'), this.#browser.pid!]
    for (const id of all) process.kill(id, 'SIGKILL')
    await Promise.all(all.map(ended))
    await end(this.#screen)
  }

  async close(): Promise<void> {
    await end(this.#browser)
    await end(this.#screen)
    await removeProfile(this.home)
  }
}

/** Shows that a MiniBrowser runs, and on which WebKitGTK. It cannot tell without a screen. */
export async function versionOfMiniBrowser(executablePath: string): Promise<string> {
  const { screen, display } = await startScreen()
  try {
    const asked = start(executablePath, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], env: environment(tmpdir(), display) })
    const [said] = await Promise.all([textOf(asked.stdout!), once(asked, 'close')])
    const version = /[\d.]+\d/.exec(said)?.[0]
    if (version === undefined) throw new Error('it does not tell its version')
    return version
  } finally {
    await end(screen)
  }
}

/** An X server in memory, on a display that is free. */
async function startScreen(): Promise<{ screen: ChildProcess; display: string }> {
  const screen = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await firstLine(screen.stdio[3] as Readable, screen)
  return { screen, display: `:${number}` }
}

function firstLine(stream: Readable, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('error', (error) => reject(new Error(`Xvfb is needed, and does not start: ${error.message}`, { cause: error })))
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
  })
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

function environment(home: string, display: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DISPLAY: display,
    GDK_BACKEND: 'x11',
    // No desktop to ask for settings or for help with access, and no graphics card.
    GSETTINGS_BACKEND: 'memory',
    NO_AT_BRIDGE: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
  }
}

/** Starts a process as the head of a group of its own: it ends together with those that it starts. */
function start(command: string, args: string[], options: { stdio: ChildStdio; env?: NodeJS.ProcessEnv }): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

type ChildStdio = 'ignore' | ('ignore' | 'pipe')[]

async function end(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return
  const ended = once(child, 'exit')
  kill(child)
  await ended
}

function kill(child: ChildProcess): void {
  try {
    // Not SIGKILL: Xvfb has a lock file to take away.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It has ended.
  }
}

/** The group of a process, in which its browser is the first; nothing where it has ended. */
function groupOf(id: string): number | undefined {
  // After the name in parentheses: state, parent, group.
  return Number(readProcess(id, 'stat').split(') ').at(-1)?.split(' ')[2])
}

function commandOf(id: string): string {
  return readProcess(id, 'cmdline')
}

function readProcess(id: string, file: string): string {
  try {
    return readFileSync(path.join('/proc', id, file), 'utf8')
  } catch {
    return ''
  }
}

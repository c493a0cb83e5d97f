import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { chromium } from 'playwright'

/** A Chromium that was seen to run. */
export interface FoundBrowser {
  readonly executablePath: string
  readonly source: 'CHROMIUM_PATH' | 'playwright' | 'download' | 'system' | 'package manager'
  readonly version: string
}

const isRoot = process.getuid?.() === 0

/** What makes Chromium run in a container, and keep to itself. */
export const CHROMIUM_ARGS: string[] = [
  ...(isRoot ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

type Candidate = readonly [FoundBrowser['source'], () => string | undefined | Promise<string | undefined>]

/**
 * Finds a Chromium, and gets one where there is none: the one that `CHROMIUM_PATH` names; Playwright's own, downloaded if it can be; the
 * system's; the system's package manager's. Each is launched before it is believed.
 */
export async function findChromium(log: (line: string) => void): Promise<FoundBrowser> {
  const named = process.env['CHROMIUM_PATH']
  const candidates: Candidate[] = named
    ? [['CHROMIUM_PATH', () => named]]
    : [
        ['playwright', playwrights],
        ['download', () => download(log)],
        ['system', systems],
        ['package manager', () => install(log)],
      ]
  for (const [source, locate] of candidates) {
    const executablePath = await locate()
    const version = executablePath === undefined ? undefined : await versionOf(executablePath, log)
    if (executablePath !== undefined && version !== undefined) {
      log(`chromium ${version}, ${executablePath} (${source})`)
      return { executablePath, source, version }
    }
  }
  throw new Error('No Chromium: set CHROMIUM_PATH, or run "npx playwright install chromium", or install your system\'s package')
}

async function versionOf(executablePath: string, log: (line: string) => void): Promise<string | undefined> {
  try {
    const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS, timeout: 60_000 })
    const version = browser.version()
    await browser.close()
    return version
  } catch (error) {
    log(`${executablePath} does not run: ${String(error).split('\n')[0]}`)
    return undefined
  }
}

function playwrights(): string | undefined {
  const executablePath = chromium.executablePath()
  return executablePath && existsSync(executablePath) ? executablePath : undefined
}

async function download(log: (line: string) => void): Promise<string | undefined> {
  const host = process.env['PLAYWRIGHT_DOWNLOAD_HOST'] ?? 'https://cdn.playwright.dev'
  try {
    await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(3_000) })
  } catch {
    log(`Playwright's downloads cannot be reached`)
    return undefined
  }
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js')
  return (await run(process.execPath, [cli, 'install', '--with-deps', 'chromium'], log)) ||
    (await run(process.execPath, [cli, 'install', 'chromium'], log))
    ? playwrights()
    : undefined
}

function systems(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const windows = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) =>
    path.join(process.env[name] ?? '', 'Google/Chrome/Application/chrome.exe'),
  )
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  return [...names.flatMap((name) => folders.map((folder) => path.join(folder, name))), mac, ...windows].find(isExecutable)
}

async function install(log: (line: string) => void): Promise<string | undefined> {
  const isDebian = existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  if (!isRoot || !isDebian) return undefined
  await run('apt-get', ['update', '-qq'], log)
  return (await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], log)) ? systems() : undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return path.isAbsolute(file)
  } catch {
    return false
  }
}

function run(command: string, args: string[], log: (line: string) => void): Promise<boolean> {
  log([path.basename(command), ...args].join(' '))
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

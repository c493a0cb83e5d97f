import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { chromium, firefox } from 'playwright'
import type { BrowserType, LaunchOptions } from 'playwright'
import { versionOfMiniBrowser } from './mini-browser.ts'

export type Engine = 'chromium' | 'firefox' | 'webkit'

/** A browser that was seen to run. */
export interface FoundBrowser {
  readonly executablePath: string
  /** Where it was found; the name of a variable, where one names it. */
  readonly source: string
  readonly version: string
}

type Log = (line: string) => void
type Candidate = readonly [source: string, locate: () => string | undefined | Promise<string | undefined>]

/** What is particular to an engine. */
interface Kind {
  /** The environment variable that names one's own. */
  readonly variable: string
  /** Playwright has builds of its own, and can download them. */
  readonly playwright?: BrowserType
  readonly onSystem: () => string | undefined
  /** Debian's packages. */
  readonly packages: readonly string[]
  readonly version: (executablePath: string) => Promise<string>
}

const isRoot = process.getuid?.() === 0

const KINDS: Record<Engine, Kind> = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    playwright: chromium,
    onSystem: () =>
      first([
        ...inPath('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'),
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
        ...inProgramFiles('Google/Chrome/Application/chrome.exe'),
      ]),
    packages: ['chromium'],
    version: (executablePath) => launchedVersion(chromium, launchOptions('chromium', executablePath)),
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    playwright: firefox,
    onSystem: () =>
      first([
        ...inPath('firefox-esr', 'firefox'),
        '/Applications/Firefox.app/Contents/MacOS/firefox',
        ...inProgramFiles('Mozilla Firefox/firefox.exe'),
      ]),
    packages: ['firefox-esr'],
    version: (executablePath) => launchedVersion(firefox, launchOptions('firefox', executablePath)),
  },
  webkit: {
    variable: 'MINIBROWSER_PATH',
    onSystem: () => first(miniBrowsers()),
    packages: ['libwebkit2gtk-4.1-0', 'xvfb'],
    version: versionOfMiniBrowser,
  },
}

/** The variable of the environment that names a browser, so that it is not looked for. */
export function variableOf(engine: Engine): string {
  return KINDS[engine].variable
}

/** How Playwright starts a browser that was found. */
export function launchOptions(engine: 'chromium' | 'firefox', executablePath: string): LaunchOptions {
  if (engine === 'chromium') return { executablePath, args: CHROMIUM_ARGS, timeout: 60_000 }
  // A Firefox as it is released speaks WebDriver BiDi only; Playwright's own build does not need to be told.
  const channel = executablePath === firefox.executablePath() ? {} : { channel: 'moz-firefox' }
  return { executablePath, ...channel, timeout: 60_000 }
}

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

/**
 * Finds a browser with this engine, and gets one where there is none: the one that a variable of the environment names; Playwright's own,
 * downloaded if it can be; the system's; the system's package manager's. Each is started before it is believed. Rejects with all the
 * reasons there are where none can be had.
 */
export async function findBrowser(engine: Engine, log: Log): Promise<FoundBrowser> {
  const kind = KINDS[engine]
  const reasons: string[] = []
  const note: Log = (reason) => {
    log(reason)
    reasons.push(reason)
  }
  for (const [source, locate] of candidates(engine, kind, note, log)) {
    const executablePath = await locate()
    const version = executablePath === undefined ? undefined : await seen(kind, executablePath, note)
    if (executablePath !== undefined && version !== undefined) {
      log(`${engine} ${version}, ${executablePath} (${source})`)
      return { executablePath, source, version }
    }
  }
  throw new Error(`No ${engine}: ${reasons.join('; ')}. Set ${kind.variable}, or install ${kind.packages.join(' and ')}`)
}

function candidates(engine: Engine, kind: Kind, note: Log, log: Log): Candidate[] {
  const { variable, playwright, onSystem, packages } = kind
  const named = process.env[variable]
  if (named) return [[variable, () => named]]
  const downloaded: Candidate[] = playwright
    ? [
        ['playwright', () => first([playwright.executablePath()])],
        ['download', async () => ((await download(engine, note, log)) ? first([playwright.executablePath()]) : undefined)],
      ]
    : []
  return [
    ...downloaded,
    ['system', onSystem],
    ['package manager', async () => ((await install(packages, note, log)) ? onSystem() : undefined)],
  ]
}

async function seen(kind: Kind, executablePath: string, note: Log): Promise<string | undefined> {
  try {
    return await kind.version(executablePath)
  } catch (error) {
    note(`${executablePath} does not run: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`)
    return undefined
  }
}

async function launchedVersion(type: BrowserType, options: LaunchOptions): Promise<string> {
  const browser = await type.launch(options)
  const version = browser.version()
  await browser.close()
  return version
}

async function download(engine: Engine, note: Log, log: Log): Promise<boolean> {
  const host = process.env['PLAYWRIGHT_DOWNLOAD_HOST'] ?? 'https://cdn.playwright.dev'
  try {
    await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(3_000) })
  } catch {
    note(`Playwright's downloads cannot be reached`)
    return false
  }
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js')
  return (
    (await run(process.execPath, [cli, 'install', '--with-deps', engine], log)) ||
    (await run(process.execPath, [cli, 'install', engine], log)) ||
    (note(`Playwright's download failed`), false)
  )
}

async function install(packages: readonly string[], note: Log, log: Log): Promise<boolean> {
  const isDebian = existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  if (!isRoot || !isDebian) {
    note('the system has none, and packages are installed by root on Debian only')
    return false
  }
  await run('apt-get', ['update', '-qq'], log)
  const isInstalled = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], log)
  if (!isInstalled) note(`${packages.join(' and ')} could not be installed`)
  return isInstalled
}

/** Where distributions keep WebKitGTK's MiniBrowser: beside the library that it comes with, not in the path. */
function miniBrowsers(): string[] {
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : []
  return [...libraries.map((name) => `/usr/lib/${name}`), '/usr/lib', '/usr/libexec'].map(
    (folder) => `${folder}/webkit2gtk-4.1/MiniBrowser`,
  )
}

function inPath(...names: string[]): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)))
}

function inProgramFiles(file: string): string[] {
  return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) => path.join(process.env[name] ?? '', file))
}

/** The first of these files that can be run. */
function first(files: readonly string[]): string | undefined {
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return path.isAbsolute(file)
    } catch {
      return false
    }
  })
}

function run(command: string, args: string[], log: Log): Promise<boolean> {
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

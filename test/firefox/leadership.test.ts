import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { firefox } from 'playwright'
import type { BrowserContext, Page } from 'playwright'
import { launchOptions } from '../browser/find-browser.ts'
import { busiestOf } from '../browser/processes.ts'
import { createProfile, removeProfile } from '../browser/profile.ts'
import { TwoTabs } from '../browser/two-tabs.ts'

const PATIENCE = 120_000

/** What gives each tab a process of its own. */
const PREFERENCES = { 'dom.ipc.processCount': 8, 'dom.ipc.processCount.webIsolated': 8, 'dom.ipc.processPrelaunch.enabled': false }

let tabs: TwoTabs
let profile: string
let context: BrowserContext
beforeEach(async () => {
  tabs = await TwoTabs.start()
  profile = await createProfile('firefox')
  const { executablePath } = inject('firefox')
  const options = { ...launchOptions('firefox', executablePath), firefoxUserPrefs: PREFERENCES }
  context = await firefox.launchPersistentContext(profile, { ...options, executablePath: await startThatOutlivesTabs(executablePath) })
})
afterEach(async () => {
  await context.close()
  await removeProfile(profile)
  await tabs.close()
})

const pause = (length: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, length))

/** A way to start this Firefox that outlives its tabs: Playwright tells it to end with the first that crashes, by a variable of the environment. */
async function startThatOutlivesTabs(executablePath: string): Promise<string> {
  const script = path.join(profile, 'start')
  await writeFile(script, `#!/bin/sh\nunset MOZ_CRASHREPORTER_SHUTDOWN\nexec "${executablePath}" "$@"\n`, { mode: 0o755 })
  return script
}

/** Two tabs, of which the first leads. */
async function open(): Promise<Page> {
  const [first, second] = tabs.urls()
  const leader = await openAt(first)
  await tabs.shop.arrived(1)
  await openAt(second)
  await tabs.shop.took(40)
  return leader
}

async function openAt(url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** The process of a tab: the one that works while the tab does. */
function processOf(page: Page): Promise<number> {
  const work = page.evaluate(() => {
    for (const end = performance.now() + 1_500; performance.now() < end;) Math.random()
  })
  return busiestOf(contentProcesses(), work)
}

/** The processes of this browser that tabs run in: children of the one that makes them, which is a child of the browser's. */
function contentProcesses(): number[] {
  const all = readdirSync('/proc').filter((id) => /^\d+$/.test(id))
  const browser = all.find((id) => read(id, 'cmdline').includes(`-profile\0${profile}`))
  const isOfBrowser = (id: string): boolean => id === browser || (Number(id) > 1 && isOfBrowser(parentOf(id)))
  return all.filter((id) => /[\0 ]tab\0?$/.test(read(id, 'cmdline')) && isOfBrowser(id)).map(Number)
}

/** After the name in parentheses: state, parent. */
function parentOf(id: string): string {
  return read(id, 'stat').split(') ').at(-1)?.split(' ')[1] ?? '0'
}

function read(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

test(
  'closed: when the tab that leads is closed, another goes on',
  async () => {
    const leader = await open()
    const [before, hurtAt] = [tabs.shop.arrivals.length, Date.now()]
    await leader.close()
    await tabs.takenOver('Firefox, closed tab', hurtAt, before)
    await tabs.allArrived(1)
  },
  PATIENCE,
)

test(
  'killed: when the process of the tab that leads is killed, another goes on',
  async () => {
    const pid = await processOf(await open())
    const before = tabs.shop.arrivals.length
    process.kill(pid, 'SIGKILL')
    await tabs.takenOver('Firefox, killed process', Date.now(), before)
    await tabs.allArrived(1)
  },
  PATIENCE,
)

test(
  'frozen: when the process of the tab that leads is stopped, another takes the lead from it; when it goes on it sends nothing',
  async () => {
    const pid = await processOf(await open())
    const before = tabs.shop.arrivals.length
    process.kill(pid, 'SIGSTOP')
    await tabs.takenOver('Firefox, frozen process', Date.now(), before)
    await pause(1_000)
    const sent = tabs.shop.arrivals.length
    process.kill(pid, 'SIGCONT')
    await tabs.allArrived(2)
    expect(tabs.sentByOldSince(sent)).toBe(0)
  },
  PATIENCE,
)

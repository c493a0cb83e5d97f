import { readdirSync, readFileSync } from 'node:fs'
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
  const options = { ...launchOptions('firefox', inject('firefox').executablePath), firefoxUserPrefs: PREFERENCES }
  context = await firefox.launchPersistentContext(profile, options)
})
afterEach(async () => {
  await context.close()
  await removeProfile(profile)
  await tabs.close()
})

const pause = (length: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, length))

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

/** The processes of this browser that tabs run in. */
function contentProcesses(): number[] {
  const read = (id: string): string => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && read(id).includes('-contentproc') && read(id).includes('\0tab') && read(id).includes(profile))
    .map(Number)
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

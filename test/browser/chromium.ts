import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright'
import type { BrowserContext, CDPSession, Page } from 'playwright'
import type { Driver } from './driver.ts'
import { CHROMIUM_ARGS } from './find-browser.ts'
import { busiestOf, kill, workingOf } from './processes.ts'

/** What keeps each tab in a process of its own, and no process waiting for a tab that may come. */
export const A_PROCESS_FOR_EACH_TAB: readonly string[] = [
  '--renderer-process-limit=100',
  '--disable-features=SpareRendererForSitePerProcess',
]

/** What has Chromium keep pages in the back/forward cache, as it does for its users; Playwright has it keep none. */
export const KEPT_PAGES: readonly string[] = ['--enable-features=BackForwardCache']

export const chromiumDriver: Driver = {
  launch: (executablePath, profile, args) =>
    chromium.launchPersistentContext(profile, {
      executablePath,
      args: [...CHROMIUM_ARGS, ...args],
      ignoreDefaultArgs: KEPT_PAGES.every((arg) => args.includes(arg)) ? ['--disable-back-forward-cache'] : [],
    }),

  async blockStorage(profile) {
    const file = path.join(profile, 'Default/Preferences')
    const preferences = JSON.parse(await readFile(file, 'utf8')) as { profile: object }
    const blocking = { ...preferences, profile: { ...preferences.profile, default_content_setting_values: { cookies: 2 } } }
    await writeFile(file, JSON.stringify(blocking))
  },

  async killAll(context) {
    const all = await processInfo(context)
    const closed = new Promise((resolve) => context.once('close', resolve))
    for (const { id } of all.sort((a) => (a.type === 'browser' ? -1 : 1))) kill(id)
    await closed
  },

  async processOf(context, _, page) {
    const all = await processInfo(context)
    const renderers = all.filter(({ type }) => type === 'renderer').map(({ id }) => id)
    return busiestOf(renderers, workingOf(page, 1_000))
  },

  async crash(context, _, page) {
    const crashed = page.waitForEvent('crash')
    const session = await context.newCDPSession(page)
    session.send('Page.crash').catch(() => {})
    await crashed
  },
}

async function processInfo(context: BrowserContext): Promise<{ id: number; type: string }[]> {
  const session = await context.browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return processInfo
}

/** A session with a tab of Chromium, for what no other engine can be asked. */
export function devTools(context: BrowserContext, page: Page): Promise<CDPSession> {
  return context.newCDPSession(page)
}

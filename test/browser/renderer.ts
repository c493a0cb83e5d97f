import type { BrowserContext, Page } from 'playwright'
import { busiestOf } from './processes.ts'

/** What keeps each tab in a process of its own, and no process waiting for a tab that may come. */
export const A_PROCESS_FOR_EACH_TAB: readonly string[] = [
  '--renderer-process-limit=100',
  '--disable-features=SpareRendererForSitePerProcess',
]

/** The process that a tab runs in: the one that works while the tab does. Nobody else should be at work. */
export async function rendererOf(context: BrowserContext, page: Page): Promise<number> {
  const session = await context.browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  const work = page.evaluate(() => {
    for (const end = performance.now() + 1_000; performance.now() < end;) Math.random()
  })
  return busiestOf(renderers, work)
}

import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { Browser } from './browser.ts'
import { BARE_RUNS, leave, placedInOrder, report, WAYS } from './leaving-site.ts'
import type { Way } from './leaving-site.ts'

let browser: Browser
beforeEach(async () => void (browser = await Browser.launch()))
afterEach(() => browser.close())

async function browse(url: string): Promise<() => Promise<void>> {
  const page = await browser.context.newPage()
  await page.goto(url, { waitUntil: 'commit' })
  return () => page.close()
}

test.for(Object.keys(WAYS) as Way[])(
  'what is enqueued in the task in which a page is left arrives, once and in order: %s',
  { timeout: 600_000 },
  async (way) => {
    const left = await leave(way, browse)
    report(inject('driven').engine, way, left)
    expect(left.arrived).toEqual(placedInOrder(left))
  },
)

for (const way of BARE_RUNS) {
  test(`what arrives of it where a page can write nothing down: ${way}`, { timeout: 600_000 }, async () => {
    report(inject('driven').engine, way, await leave(way, browse, true), true)
  })
}

import { expect, inject, test } from 'vitest'
import { BARE_RUNS, leave, placedInOrder, report, WAYS } from '../browser/leaving-site.ts'
import type { Way } from '../browser/leaving-site.ts'
import { MiniBrowser } from '../browser/mini-browser.ts'

/** Pages of this test open others. */
const SETTINGS = ['--javascript-can-open-windows-automatically=true', '--enable-page-cache=true']

async function browse(url: string): Promise<() => Promise<void>> {
  const browser = await MiniBrowser.open(inject('driven').executablePath, {}, ...SETTINGS, url)
  return () => browser.close()
}

test.for(Object.keys(WAYS) as Way[])(
  'what is enqueued in the task in which a page is left arrives, once and in order: %s',
  { timeout: 600_000 },
  async (way) => {
    const left = await leave(way, browse)
    report('WebKit', way, left)
    expect(left.arrived).toEqual(placedInOrder(left))
  },
)

for (const way of BARE_RUNS) {
  test(`what arrives of it where a page can write nothing down: ${way}`, { timeout: 600_000 }, async () => {
    report('WebKit', way, await leave(way, browse, true), true)
  })
}

import { firefox } from 'playwright'
import type { BrowserContext } from 'playwright'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { launchOptions } from '../browser/find-browser.ts'
import { BARE_RUNS, leave, placedInOrder, report, WAYS } from '../browser/leaving-site.ts'
import type { Way } from '../browser/leaving-site.ts'
import { createProfile, removeProfile } from '../browser/profile.ts'

/** Pages of this test open others, and those close themselves. */
const PREFERENCES = { 'dom.disable_open_during_load': false, 'dom.allow_scripts_to_close_windows': true, 'dom.popup_maximum': 1_000 }

let profile: string
let browser: BrowserContext
beforeEach(async () => {
  profile = await createProfile('firefox')
  const { executablePath } = inject('firefox')
  browser = await firefox.launchPersistentContext(profile, {
    ...launchOptions('firefox', executablePath),
    firefoxUserPrefs: PREFERENCES,
  })
})
afterEach(async () => {
  await browser.close()
  await removeProfile(profile)
})

async function browse(url: string): Promise<() => Promise<void>> {
  const page = await browser.newPage()
  await page.goto(url, { waitUntil: 'commit' })
  return () => page.close()
}

test.for(Object.keys(WAYS) as Way[])(
  'what is enqueued in the task in which a page is left arrives, once and in order: %s',
  { timeout: 600_000 },
  async (way) => {
    const left = await leave(way, browse)
    report('Firefox', way, left)
    expect(left.arrived).toEqual(placedInOrder(left))
  },
)

for (const way of BARE_RUNS) {
  test(`what arrives of it where a page can write nothing down: ${way}`, { timeout: 600_000 }, async () => {
    report('Firefox', way, await leave(way, browse, true), true)
  })
}

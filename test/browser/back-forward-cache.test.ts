import { afterEach, beforeEach, inject } from 'vitest'
import { Browser } from './browser.ts'
import { KEPT_PAGES } from './chromium.ts'
import { KEPT, KeptPage } from './kept-page.ts'
import type { Kept } from './kept-page.ts'
import { testWith } from './lacks.ts'

let tabs: KeptPage
let browser: Browser
beforeEach(async () => {
  tabs = await KeptPage.start()
  browser = await Browser.launch(KEPT_PAGES)
})
afterEach(async () => {
  await browser.close()
  await tabs.close()
})

for (const kept of Object.keys(KEPT) as Kept[]) {
  testWith(
    'kept-pages',
    `while a page is in the back/forward cache, left ${kept}, another tab delivers; when it comes back it works as before`,
    async () => {
      for (const url of tabs.urls(kept)) await (await browser.context.newPage()).goto(url, { waitUntil: 'commit' })
      await tabs.play(inject('driven').engine, kept)
    },
  )
}

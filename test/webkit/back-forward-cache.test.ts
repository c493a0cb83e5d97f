import { afterEach, beforeEach, inject, test } from 'vitest'
import { KEPT, KeptPage } from '../browser/kept-page.ts'
import type { Kept } from '../browser/kept-page.ts'
import { MiniBrowser } from '../browser/mini-browser.ts'

let tabs: KeptPage
let browser: MiniBrowser | undefined
beforeEach(async () => void (tabs = await KeptPage.start()))
afterEach(async () => {
  await browser?.close()
  await tabs.close()
})

test.for(Object.keys(KEPT) as Kept[])(
  'while a page is in the back/forward cache, left %s, another tab delivers; when it comes back it works as before',
  async (kept) => {
    browser = await MiniBrowser.open(inject('driven').executablePath, {}, '--enable-page-cache=true', ...tabs.urls(kept))
    await tabs.play('WebKit', kept)
  },
)

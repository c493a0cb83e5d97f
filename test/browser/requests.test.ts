import { expect, test } from 'vitest'
import { idle } from './browser.ts'
import { browser, shop, useShop } from './shop-stage.ts'

useShop()

const BYTES = [137, 80, 78, 71, 13, 10, 26, 10, 0, 255]

test('a form with a file, given as it is, is on the disk while the server is away, and arrives byte for byte after the browser was killed', async () => {
  const taken: unknown[] = []
  let isAway = true
  shop.others.set('/photos', async (request) => {
    if (isAway) return new Response(null, { status: 503 })
    const data = await request.formData()
    const photo = data.get('photo') as File
    taken.push([request.method, data.get('caption'), photo.name, photo.type, [...new Uint8Array(await photo.arrayBuffer())]])
    return new Response(null, { status: 204 })
  })
  const page = await browser.openShop(shop.url)
  await page.evaluate(async (bytes) => {
    const body = new FormData()
    body.set('caption', 'Straße "so"')
    body.set('photo', new File([new Uint8Array(bytes)], 'a ü.png', { type: 'image/png' }))
    await globalThis.orders.enqueueRequest({ url: '/photos', body })
  }, BYTES)
  await browser.killAndRestart()
  isAway = false
  await idle(await browser.openShop(shop.url))
  expect(taken).toEqual([['POST', 'Straße "so"', 'a ü.png', 'image/png', BYTES]])
})

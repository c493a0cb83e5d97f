import { expect, test } from 'vitest'
import type { Page } from 'playwright'
import { idle } from '../browser/browser.ts'
import { browser, shop, useShop } from '../browser/shop-stage.ts'
import { until } from '../browser/until.ts'

useShop()

const FIELDS = `<form id="report" action="/reports" method="post" enctype="multipart/form-data">
  <input name="street"><input type="file" name="picture"><button name="by" value="button">Report it</button>
</form>`

const SCRIPT = `
import { openQueue } from 'holdfast'
import { queueForm } from '/dist/form.js'
const orders = openQueue('reports', { endpoint: '/reports' })
queueForm(document.querySelector('#report'), orders, { redirects: 'accept' })
globalThis.orders = orders`

const BYTES = [137, 80, 78, 71, 13, 10, 26, 10, 0, 255]

/** A form that is sent through a queue, on the shop's page. */
async function openForm(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(shop.url)
  await until(page, () => 'holdfast' in globalThis)
  await page.evaluate(
    ([fields, text]) => {
      document.body.innerHTML = fields
      document.body.append(Object.assign(document.createElement('script'), { type: 'module', textContent: text }))
    },
    [FIELDS, SCRIPT] as const,
  )
  await until(page, () => 'orders' in globalThis)
  return page
}

test('a form is on the disk while the server is away, and arrives as the browser would send it, its file byte for byte, after the browser was killed', async () => {
  const taken: unknown[] = []
  let isAway = true
  shop.others.set('/reports', async (request) => {
    if (isAway) return new Response(null, { status: 503 })
    const data = await request.formData()
    const picture = data.get('picture') as File
    const bytes = [...new Uint8Array(await picture.arrayBuffer())]
    taken.push([data.get('street'), data.get('by'), picture.name, picture.type, bytes])
    return new Response(null, { status: 303, headers: { location: '/thanks' } })
  })
  const page = await openForm()
  await page.evaluate((bytes) => {
    document.querySelector<HTMLInputElement>('[name=street]')!.value = 'Main & 1st'
    const files = new DataTransfer()
    files.items.add(new File([new Uint8Array(bytes)], 'Schlagloch ä.png', { type: 'image/png' }))
    document.querySelector<HTMLInputElement>('[name=picture]')!.files = files.files
    document.querySelector('button')!.click()
  }, BYTES)
  await until(page, () => document.querySelector('form')?.dataset['holdfast'] === 'stored')
  await browser.killAndRestart()
  isAway = false
  await idle(await openForm())
  expect(taken).toEqual([['Main & 1st', 'button', 'Schlagloch ä.png', 'image/png', BYTES]])
})

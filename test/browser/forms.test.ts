import { beforeEach, describe, expect, test } from 'vitest'
import type { Page } from 'playwright'
import { idle } from './browser.ts'
import { PAGE } from './shop-server.ts'
import { browser, shop, useShop } from './shop-stage.ts'
import { until } from './until.ts'

useShop()

/** What the server has taken in. */
interface Taken {
  readonly fields: Record<string, string>
  readonly files: { readonly name: string; readonly type: string; readonly bytes: number[] }[]
}

const FORM = `${PAGE}
<form id="report" action="/reports" method="post" enctype="multipart/form-data">
  <label>Street <input name="street" required></label>
  <label>What <select name="what"><option>pothole</option><option>lamp</option></select></label>
  <label><input type="checkbox" name="urgent" value="yes"> Urgent</label>
  <label>Picture <input type="file" name="picture"></label>
  <button name="by" value="button">Report it</button>
  <button formaction="/complaints">Complain</button>
</form>
<script type="module">
  import { openQueue } from 'holdfast'
  import { queueForm } from '/dist/form.js'
  globalThis.orders = openQueue('reports', { endpoint: '/reports' })
  queueForm(document.querySelector('#report'), globalThis.orders, { redirects: 'accept' })
</script>`

const taken: Taken[] = []
let answer: (fields: Record<string, string>) => Response
beforeEach(() => {
  taken.length = 0
  // As a server does that renders pages.
  answer = () => new Response(null, { status: 303, headers: { location: '/thanks' } })
  shop.others.set('/form', () => new Response(FORM, { headers: { 'content-type': 'text/html; charset=utf-8' } }))
  shop.others.set('/reports', take)
  shop.others.set('/complaints', take)
})

async function take(request: Request): Promise<Response> {
  const data = await request.formData()
  const entries = [...data]
  const fields = Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  const given = answer(fields)
  if (given.status >= 400) return given
  const files = entries.map(([, value]) => value).filter((value) => typeof value !== 'string')
  const read = async (file: File): Promise<Taken['files'][number]> => ({
    name: file.name,
    type: file.type,
    bytes: [...new Uint8Array(await file.arrayBuffer())],
  })
  taken.push({ fields, files: await Promise.all(files.filter(({ name }) => name !== '').map(read)) })
  return given
}

async function openForm(): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(`${shop.url}form`)
  await until(page, () => 'orders' in globalThis)
  return page
}

const rejecting = (): Response =>
  Response.json({ title: 'Not a street of ours', errors: { street: ['There is no such street.'], moon: 'It is full.' } }, { status: 422 })
const stands = (page: Page, state: string): Promise<void> => page.locator(`#report[data-holdfast=${state}]`).waitFor()
const PICTURE = { name: 'Schlagloch ä.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 255]) }

describe('a form that is sent through a queue', () => {
  test('is on the disk while the server is away, and arrives as the browser would send it, its file byte for byte, after the browser was killed', async () => {
    const accepting = answer
    answer = () => new Response(null, { status: 503 })
    const page = await openForm()
    await page.getByLabel('Street').fill('Main & 1st')
    await page.getByLabel('What').selectOption('lamp')
    await page.getByLabel('Urgent').check()
    await page.getByLabel('Picture').setInputFiles(PICTURE)
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'stored')
    expect(await page.getByRole('status').textContent()).toContain('Saved on this device')
    expect(await page.getByLabel('Street').inputValue()).toBe('')
    await browser.killAndRestart()
    answer = accepting
    await idle(await openForm())
    expect(taken).toEqual([
      {
        fields: { street: 'Main & 1st', what: 'lamp', urgent: 'yes', by: 'button' },
        files: [{ name: 'Schlagloch ä.png', type: 'image/png', bytes: [...PICTURE.buffer] }],
      },
    ])
  })

  test('is validated by the browser first, says what becomes of it, and keeps the focus where it was', async () => {
    const page = await openForm()
    const button = page.getByRole('button', { name: 'Report it' })
    await button.click()
    expect(await page.locator('#report:invalid').count()).toBe(1)
    await page.getByLabel('Street').fill('Main')
    await button.focus()
    await page.keyboard.press('Enter')
    await stands(page, 'sent')
    expect(await page.getByRole('status').textContent()).toBe('Sent.')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Report it')
    expect(taken).toHaveLength(1)
  })

  test('is stored once, however often its button is pressed', async () => {
    const page = await openForm()
    await page.getByLabel('Street').fill('Main')
    await page.evaluate(() => {
      const form = document.querySelector<HTMLFormElement>('#report')!
      for (let n = 0; n < 3; n++) form.requestSubmit()
    })
    await stands(page, 'sent')
    await idle(page)
    expect(taken).toHaveLength(1)
  })

  test('comes back with each error beside its field where the server rejects it, also after a reload, and is mended', async () => {
    answer = rejecting
    const page = await openForm()
    await page.getByLabel('Street').fill('Moon')
    await page.getByLabel('Urgent').check()
    await page.getByLabel('Picture').setInputFiles(PICTURE)
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'refused')
    await page.reload()
    await stands(page, 'refused')
    const street = page.getByLabel('Street')
    expect(await street.inputValue()).toBe('Moon')
    expect(await page.getByLabel('Urgent').isChecked()).toBe(true)
    expect(await page.getByLabel('Picture').evaluate((field: HTMLInputElement) => field.files?.[0]?.name)).toBe(PICTURE.name)
    expect(await street.getAttribute('aria-invalid')).toBe('true')
    const described = await street.evaluate((field) => document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent)
    expect(described).toBe('There is no such street.')
    // Of no field of the form.
    expect(await page.getByRole('status').textContent()).toContain('It is full.')
    answer = () => new Response(null, { status: 204 })
    await street.fill('Main')
    expect(await street.getAttribute('aria-invalid')).toBeNull()
    expect(await page.getByText('There is no such street.').count()).toBe(0)
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'sent')
    expect(taken.map(({ fields, files }) => [fields['street'], files.length])).toEqual([['Main', 1]])
    await until(page, async () => (await globalThis.orders.depth()).dead === 0)
  })

  test('comes back after a reload also where a button has sent it elsewhere', async () => {
    answer = rejecting
    const page = await openForm()
    await page.getByLabel('Street').fill('Moon')
    await page.getByRole('button', { name: 'Complain' }).click()
    await stands(page, 'refused')
    await page.reload()
    await stands(page, 'refused')
    expect(await page.getByLabel('Street').inputValue()).toBe('Moon')
  })

  test('that is stored is said to be, though the dead letter that it mends cannot be purged', async () => {
    answer = rejecting
    const page = await openForm()
    page.on('pageerror', () => {})
    await page.getByLabel('Street').fill('Moon')
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'refused')
    answer = () => new Response(null, { status: 204 })
    await page.evaluate(() => (globalThis.orders.purge = () => Promise.reject(new Error('The storage is away'))))
    await page.getByLabel('Street').fill('Main')
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'sent')
    expect(taken).toHaveLength(1)
  })

  test('does not write over what is being entered when it comes back: it is offered, and can be discarded', async () => {
    answer = rejecting
    const page = await openForm()
    await page.evaluate(() => globalThis.orders.pause())
    await page.getByLabel('Street').fill('Moon')
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'stored')
    await page.getByLabel('Street').fill('Main')
    await page.evaluate(() => globalThis.orders.resume())
    await page.getByRole('button', { name: 'Show it' }).waitFor()
    expect(await page.getByLabel('Street').inputValue()).toBe('Main')
    await page.getByRole('button', { name: 'Show it' }).click()
    await page.locator('[name=street][aria-invalid=true]').waitFor()
    expect(await page.getByLabel('Street').inputValue()).toBe('Moon')
    await page.getByRole('button', { name: 'Discard it' }).click()
    await until(page, async () => (await globalThis.orders.depth()).dead === 0)
    expect(await page.locator('#report').getAttribute('data-holdfast')).toBeNull()
    expect(await page.getByLabel('Street').inputValue()).toBe('')
  })

  test('keeps what was entered where it cannot be stored, and says so', async () => {
    const page = await openForm()
    await page.evaluate(() => globalThis.orders.close())
    page.on('pageerror', () => {})
    await page.getByLabel('Street').fill('Main')
    await page.getByRole('button', { name: 'Report it' }).click()
    await stands(page, 'failed')
    expect(await page.getByLabel('Street').inputValue()).toBe('Main')
    expect(await page.getByRole('button', { name: 'Report it' }).getAttribute('aria-disabled')).toBeNull()
  })
})

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  button,
  demo,
  folder,
  goOffline,
  killBrowser,
  openPage,
  page,
  refuse,
  shows,
  startServerAgain,
  stopServer,
  toggle,
  useDemo,
} from './demo-stage.ts'

useDemo()

const MAEVE = 'Maeve Quill, 2 × Rye loaf'

/** What a camera gives: noise, so that it is as large as it looks. */
async function photograph(width: number, height: number): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([width, height]) => {
      const canvas = new OffscreenCanvas(width, height)
      const context = canvas.getContext('2d')!
      const noise = context.createImageData(width, height)
      for (let at = 0; at < noise.data.length; at += 65_536) crypto.getRandomValues(noise.data.subarray(at, at + 65_536))
      for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255
      context.putImageData(noise, 0, 0)
      const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 })
      // In pieces: all bytes at once would be too many arguments.
      const bytes = new Uint8Array(await jpeg.arrayBuffer())
      const pieces = Array.from({ length: Math.ceil(bytes.length / 8_192) }, (_, n) => bytes.subarray(n * 8_192, (n + 1) * 8_192))
      return btoa(pieces.map((piece) => String.fromCharCode(...piece)).join(''))
    },
    [width, height] as const,
  )
  return Buffer.from(base64, 'base64')
}

const field = (label: string): ReturnType<typeof page.locator> => page.locator('#proof-form').getByLabel(label, { exact: true })
const chooser = (): ReturnType<typeof page.locator> => field('Photograph')

/** Chooses a photograph, says which order it belongs to, and hands it in; resolves when it is stored, or delivered already. */
async function handIn(photo: Buffer, { order = MAEVE, note = '', type = 'image/jpeg' } = {}): Promise<void> {
  await chooser().setInputFiles({ name: 'door.jpg', mimeType: type, buffer: photo })
  await field('Order').fill(order)
  await field('Note').fill(note)
  await button('Hand it in').click()
  await page.locator('#proof-form:is([data-holdfast=stored], [data-holdfast=sent], [data-holdfast=refused])').waitFor()
}

const formIs = (state: string): Promise<void> => page.locator(`#proof-form[data-holdfast=${state}]`).waitFor()
const handed = (state: string): Promise<void> => page.locator(`#proof-rows > [data-state=${state}]`).first().waitFor()

/** Until the server's panel shows a photograph, drawn. */
async function isShown(number: number): Promise<void> {
  const image = page.locator(`#server-proof-rows img[src$="number=${number}"]`)
  await image.scrollIntoViewIfNeeded()
  await expect.poll(() => image.evaluate((shown: HTMLImageElement) => shown.naturalWidth)).toBeGreaterThan(0)
}

async function kept(number: number): Promise<{ readonly type: string | null; readonly bytes: Buffer }> {
  const response = await fetch(`${demo.url}api/photograph?number=${number}`)
  return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
}

const numberOfShots = (): Promise<number> => page.locator('#server-proof-rows > li').count()

test('a photograph taken offline outlives a reload and a killed browser, and the server shows it, byte for byte, with its note', async () => {
  const photo = await photograph(320, 240)
  await goOffline()
  await handIn(photo, { note: 'Left with the neighbour' })
  await handed('stored')
  await page.locator('#proof-rows canvas:visible').waitFor()
  await page.reload()
  await handed('stored')
  await killBrowser()
  // As it was stored: with its picture, and nothing is in the form any more.
  await page.locator('#proof-rows').getByText(MAEVE).waitFor()
  await page.locator('#proof-rows canvas:visible').waitFor()
  expect(await field('Order').inputValue()).toBe('')
  await startServerAgain()
  await handed('delivered')
  await isShown(1)
  expect(await kept(1)).toEqual({ type: 'image/jpeg', bytes: photo })
  const shot = page.locator('#server-proof-rows > li')
  expect(await shot.innerText()).toMatch(/^Maeve Quill, 2 × Rye loaf\s+Left with the neighbour\s+no\. 1/)
  expect(await shot.getByRole('img').getAttribute('alt')).toBe(`Photograph for ${MAEVE}`)
})

test('a large photograph is shown at once in the form, and at the server, byte for byte', async () => {
  const photo = await photograph(2_400, 1_600)
  expect(photo.length).toBeGreaterThan(8_000_000)
  await chooser().setInputFiles({ name: 'door.jpg', mimeType: 'image/jpeg', buffer: photo })
  await page.locator('#proof-preview:visible').waitFor()
  await handIn(photo)
  await handed('delivered')
  await isShown(1)
  expect((await kept(1)).bytes.equals(photo)).toBe(true)
  await page.locator('#proof-preview').waitFor({ state: 'hidden' })
  await page.reload()
  await handed('delivered')
  await page.locator('#proof-rows canvas:visible').waitFor()
})

test('what the server refuses comes back into the form, photograph and all, also after the browser was killed, and is taken once it is mended', async () => {
  const photo = await photograph(320, 240)
  await refuse('Maeve Quill')
  await handIn(photo, { note: 'At the door' })
  await formIs('refused')
  await handed('refused')
  await killBrowser()
  await formIs('refused')
  await page.getByText('Nothing of Maeve Quill is taken today').waitFor()
  const order = field('Order')
  expect([await order.inputValue(), await order.getAttribute('aria-invalid')]).toEqual([MAEVE, 'true'])
  expect(await field('Note').inputValue()).toBe('At the door')
  await page.locator('#proof-preview:visible').waitFor()
  await order.fill('Ewa, no. 7')
  await button('Hand it in').click()
  await formIs('sent')
  await isShown(1)
  expect((await kept(1)).bytes).toEqual(photo)
  // The dead letter is gone, and with it its row.
  await page.locator('#proof-rows > [data-state=refused]').waitFor({ state: 'detached' })
})

test('what is no photograph is refused, and can be discarded', async () => {
  await handIn(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), { type: 'image/svg+xml' })
  await formIs('refused')
  await page.getByText('This is no photograph').waitFor()
  await button('Discard it').click()
  await page.locator('#proof-rows > li').waitFor({ state: 'detached' })
  expect(await chooser().evaluate((input: HTMLInputElement) => input.files?.length)).toBe(0)
  expect(await numberOfShots()).toBe(0)
})

test('one that is too large is refused, and says why', async () => {
  await handIn(Buffer.alloc(17 * 1024 * 1024, 1))
  await formIs('refused')
  await page.getByText('A photograph may have 16 MB').waitFor()
  expect(await numberOfShots()).toBe(0)
})

test('the server keeps the last forty, and no more', async () => {
  for (let n = 1; n <= 42; n++) {
    const form = new FormData()
    form.append('photo', new File([`${n}`], 'door.jpg', { type: 'image/jpeg' }))
    form.append('order', `no. ${n}`)
    const sent = { method: 'POST', body: form, headers: { 'idempotency-key': `"${n}"` } }
    expect((await fetch(`${demo.url}api/proofs`, sent)).status).toBe(200)
  }
  expect(await readdir(path.join(folder, 'proofs'))).toHaveLength(80)
  expect((await fetch(`${demo.url}api/photograph?number=2`)).status).toBe(404)
  expect((await kept(3)).bytes.toString()).toBe('3')
  await page.locator('#server-proofs').getByText('and 28 more').waitFor()
})

test('one whose answers are lost is kept once, also when the server is started anew in between', async () => {
  const photo = await photograph(320, 240)
  await toggle('losingAnswers', 'Answers get lost', true)
  await handIn(photo)
  await isShown(1)
  await stopServer()
  await startServerAgain()
  await handed('delivered')
  await formIs('sent')
  expect(await numberOfShots()).toBe(1)
})

test('from the keyboard: a photograph is chosen, its order and a note written, and it is handed in; it is said what becomes of it', async () => {
  const photo = await photograph(1_600, 1_200)
  await toggle('dawdling', 'Server dawdles', true)
  const opened = page.waitForEvent('filechooser')
  await chooser().focus()
  await page.keyboard.press('Enter')
  await (await opened).setFiles({ name: 'door.jpg', mimeType: 'image/jpeg', buffer: photo })
  await page.locator('#proof-preview:visible').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type(MAEVE)
  await page.keyboard.press('Tab')
  await page.keyboard.type('On the step')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await shows('#proof-said', 'Stored on this device. It goes out when there is a connection')
  await shows('#proof-rows .row-detail', 'Under way: sent, and not answered yet')
  await toggle('dawdling', 'Server dawdles', false)
  await shows('#proof-said', 'Delivered')
  await shows('#proof-rows .row-detail', 'Delivered as no. 1, .*')
})

test('a photograph that is dropped anywhere on the page, or pasted, is in the form', async () => {
  for (const [type, given] of [
    ['drop', 'dataTransfer'],
    ['paste', 'clipboardData'],
  ] as const) {
    await page.evaluate(
      ([type, given]) => {
        const files = new DataTransfer()
        files.items.add(new File(['drawn'], `${type}.png`, { type: 'image/png' }))
        const Type = type === 'drop' ? DragEvent : ClipboardEvent
        document.body.dispatchEvent(new Type(type, { [given]: files, bubbles: true, cancelable: true }))
      },
      [type, given] as const,
    )
    expect(await chooser().evaluate((input: HTMLInputElement) => input.files?.[0]?.name)).toBe(`${type}.png`)
  }
})

test('orders of this device are offered, those that wait and those that were delivered; a second tab shows what the first has handed in', async () => {
  const photo = await photograph(320, 240)
  const offered = (): Promise<string[]> =>
    page.locator('#proof-orders option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value))
  await toggle('away', 'Server away', true)
  await page.getByLabel('Name').fill('Ewa')
  await button('Place order').click()
  await shows('#depth-ready', '1')
  await expect.poll(offered).toEqual([expect.stringMatching(/^Ewa, \d+ × /)])
  await handIn(photo)
  const other = await openPage()
  await other.locator('#proof-rows > [data-state=stored] canvas:visible').waitFor()
  await toggle('away', 'Server away', false)
  await expect.poll(offered).toEqual(['Ewa, no. 1'])
  await other.locator('#proof-rows > [data-state=delivered]').waitFor()
})

import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Browser } from './browser.ts'

interface Demo {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

// A variable, since the server is JavaScript that Node 20 runs as it is, which this program's types do not include.
const serverModule = new URL('../../demo/server/server.mjs', import.meta.url).href
const { startServer } = (await import(serverModule)) as {
  startServer(options: { port: number; directory: string; receivedFile: string }): Promise<Demo>
}

let folder: string
let demo: Demo
let browser: Browser
let page: Page
const errors: Error[] = []

const start = (port: number): Promise<Demo> =>
  startServer({
    port,
    directory: fileURLToPath(new URL('../../demo/dist', import.meta.url)),
    receivedFile: path.join(folder, 'orders.jsonl'),
  })

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-demo-'))
  demo = await start(0)
  browser = await Browser.launch()
  page = await browser.context.newPage()
  page.on('pageerror', (error) => errors.push(error))
  await page.goto(demo.url)
  // From here on the page can be loaded without the server.
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
  })
})
afterEach(async () => {
  await browser.close()
  await demo.close()
  await rm(folder, { recursive: true })
  expect(errors.splice(0)).toEqual([])
})

/** Chromium's switch, and the server: while a page is being loaded again the switch lets requests through, a worker's above all. */
async function goOffline(): Promise<void> {
  await browser.context.setOffline(true)
  await demo.close()
}

async function goOnline(): Promise<void> {
  demo = await start(demo.port)
  await browser.context.setOffline(false)
}

const button = (name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('button', { name })
const shows = (selector: string, text: string): Promise<unknown> =>
  page
    .locator(selector)
    .filter({ hasText: new RegExp(`^${text}$`) })
    .waitFor()

/** Throws a switch, and waits until the server says that it is thrown. */
async function toggle(name: string, label: string, isOn: boolean): Promise<void> {
  await page.getByRole('switch', { name: label }).click()
  await page.locator(`[name=${name}][aria-checked=${isOn}]`).waitFor()
}

/** Whose orders the server has written to its file, in order. */
async function received(): Promise<string[]> {
  const lines = (await readFile(path.join(folder, 'orders.jsonl'), 'utf8')).trimEnd()
  return lines === ''
    ? []
    : lines.split('\n').map((line) => (JSON.parse(line) as { order: { customer: { name: string } } }).order.customer.name)
}

async function checksPassed(): Promise<void> {
  await page.locator('#check-order[data-passed=true]').waitFor()
  await page.locator('#check-once[data-passed=true]').waitFor()
}

test('a newcomer goes offline, places ten orders from the keyboard, reloads, goes online, and they arrive once and in order', async () => {
  await goOffline()
  const names = Array.from({ length: 10 }, (_, n) => `Driver ${n}`)
  for (const [n, name] of names.entries()) {
    await page.getByLabel('Name').fill(name)
    await page.keyboard.press('Enter')
    await shows('#depth-ready', `${n + 1}`)
  }
  await page.reload()
  await shows('#depth-ready', '10')
  expect(await received()).toEqual([])
  await goOnline()
  await shows('#headline', 'Nothing waits')
  await shows('[data-figure=handled]', '10')
  expect(await received()).toEqual(names)
  await checksPassed()
})

test('with the server stopped the page loads, keeps what is placed, and delivers when the server is back', async () => {
  const { port } = demo
  await demo.close()
  await page.reload()
  await page.getByLabel('Name').fill('Maeve')
  await button('Place order').click()
  await page.locator('#order-said').filter({ hasText: /./ }).waitFor()
  demo = await start(port)
  await page.locator('#server[data-link=up]').waitFor()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Maeve'])
})

test('a morning’s orders wait while the server is away, arrive in order when it is back, and the three it rejects can be redriven', async () => {
  await toggle('away', 'Server away', true)
  await button('Load a morning’s orders').click()
  await shows('#depth-ready', '312')
  await toggle('away', 'Server away', false)
  await shows('#depth-dead', '3')
  await shows('#headline', 'Nothing waits')
  await checksPassed()
  expect(await received()).toHaveLength(309)
  await toggle('restocked', 'Shelves restocked', true)
  await button('Redrive all').click()
  await shows('#headline', 'Nothing waits')
  // One address stays where nobody delivers.
  await shows('#depth-dead', '1')
  await button(/^Purge: order of/).click()
  await shows('#depth-dead', '0')
  expect(await received()).toHaveLength(311)
  await checksPassed()
})

test('dead letters are purged once a person has said so twice, and the focus stays among them', async () => {
  await page.getByLabel('How many').fill('41')
  await page.keyboard.press('Enter')
  await shows('#depth-dead', '1')
  await button('Purge all').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await shows('#depth-dead', '1')
  await page.locator('#purge-all:focus').waitFor()
  await page.keyboard.press('Enter')
  await button('Keep them').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await shows('#depth-dead', '0')
  await page.locator('#dead-title:focus').waitFor()
})

test('when the worker dies, an order that was stored is not called lost, and the page says what to do', async () => {
  await toggle('away', 'Server away', true)
  await page.getByLabel('Name').fill('Maeve')
  await button('Place order').click()
  await shows('#headline', 'The server cannot be reached')
  await page.workers()[0]!.evaluate(() => close())
  await shows('#order-said', 'Stored on this device: Maeve. This page will not hear the server’s answer')
  await shows('#headline', 'This page has lost its queue')
  await shows('#pill-host', 'The worker has died')
  await page.getByLabel('Name').fill('Ewa')
  await button('Place order').click()
  await shows('#order-said', 'Perhaps stored, perhaps not: Ewa. Reload .*')
  await button('Reload').click()
  await shows('#depth-ready', '1')
  await toggle('away', 'Server away', false)
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Maeve'])
})

test('when the site’s data is cleared under the page, it says what was lost, and goes on', async () => {
  await toggle('away', 'Server away', true)
  await page.getByLabel('Name').fill('Maeve')
  await button('Place order').click()
  await shows('#depth-ready', '1')
  const session = await browser.context.newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin: new URL(demo.url).origin, storageTypes: 'indexeddb' })
  await shows('#headline', 'This site’s data was cleared')
  await shows('#detail', '1 order that waited: gone. What you place now is kept again')
  await shows('#order-said', 'Gone with this site’s data: Maeve. .*')
  await toggle('away', 'Server away', false)
  await page.getByLabel('Name').fill('Ewa')
  await button('Place order').click()
  await shows('#detail', '1 order delivered since this page was opened')
  expect(await received()).toEqual(['Ewa'])
})

test('the page claims deliveries only where there were some', async () => {
  await shows('#detail', 'What you place is kept here until the server has it')
  await button('Place order').click()
  await shows('#detail', '1 order delivered since this page was opened')
})

test('answers that are lost make duplicates on the wire, and each order takes effect once', async () => {
  await toggle('losingAnswers', 'Answers get lost', true)
  await button('Place order').click()
  await page
    .locator('[data-figure=repeats]')
    .filter({ hasText: /^[1-9]/ })
    .waitFor()
  await toggle('losingAnswers', 'Answers get lost', false)
  await shows('#headline', 'Nothing waits')
  expect(await received()).toHaveLength(1)
  await checksPassed()
})

test('an order whose answer was lost takes effect once, also when the server is stopped and started in between', async () => {
  await toggle('losingAnswers', 'Answers get lost', true)
  await page.getByLabel('Name').fill('Maeve')
  await button('Place order').click()
  await shows('[data-figure=handled]', '1')
  const { port } = demo
  await demo.close()
  // As if it had ended in the middle of a line.
  await appendFile(path.join(folder, 'orders.jsonl'), '{"number":2,"device":"')
  await page.reload()
  await page.getByLabel('Name').fill('Ewa')
  await button('Place order').click()
  demo = await start(port)
  await page.locator('#server[data-link=up]').waitFor()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Maeve', 'Ewa'])
  await shows('[data-figure=handled]', '2')
  await shows('[data-figure=repeats]', '[1-9]')
  await checksPassed()
  expect(await page.locator('#delivered-rows .row').allInnerTexts()).toEqual([
    expect.stringContaining('no. 2'),
    expect.stringContaining('no. 1'),
  ])
})

test('a server that fails is told apart, and pause and resume hold and release what waits', async () => {
  await toggle('failing', 'Server fails', true)
  await button('Place order').click()
  await shows('#headline', 'The server fails')
  await button('Pause').click()
  await shows('#headline', 'Paused')
  expect(await button('Try now').isDisabled()).toBe(true)
  await toggle('failing', 'Server fails', false)
  expect(await received()).toEqual([])
  await button('Resume').click()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toHaveLength(1)
})

test.each(['light', 'dark'] as const)('on a phone, in %s mode, nothing is cut off and every control has a name', async (colorScheme) => {
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize({ width: 360, height: 740 })
  await button('Load a morning’s orders').click()
  await shows('#headline', 'Nothing waits')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const brightness = Math.max(...background.match(/\d+/g)!.map(Number))
  expect(brightness > 128).toBe(colorScheme === 'light')
  for (const control of await page.locator('button:visible, input:visible, select:visible, textarea:visible').all()) {
    expect(await control.ariaSnapshot()).toMatch(/"[^"]+"/)
  }
})

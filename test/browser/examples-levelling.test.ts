import { request } from 'node:http'
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { browser, crashTab, demo, killBrowser, openPage, page, useDemo } from './demo-stage.ts'
import { says, testLooks } from './examples-stage.ts'

useDemo(A_PROCESS_FOR_EACH_TAB)

const PAGE = 'examples/levelling/'

async function burst(at: Page, size: string): Promise<void> {
  await at.getByRole('button', { name: `Burst of ${size}`, exact: true }).click()
  await says(at, '#said', new RegExp(`^${size} events are on the disk, after`))
}

async function number(at: Page, id: string): Promise<number> {
  return Number((await at.locator(id).innerText()).replace(',', ''))
}

/** Waits until the endpoint has so many. */
async function arrived(at: Page, count: number): Promise<void> {
  while ((await number(at, '#taken')) < count);
}

/** What the endpoint has measured, against what it takes. */
async function neverTooMany(at: Page): Promise<void> {
  await says(at, '#check-peak', 'Never more than fifty within a second')
  await says(at, '#check-once', 'Each one once')
  expect(await number(at, '#peak')).toBeLessThanOrEqual(50)
  expect(await number(at, '#peak')).toBeGreaterThan(0)
}

test('a burst of 5,000 reaches the endpoint at fifty a second at most, over a reload, a second tab that bursts, a crash and a killed browser', async () => {
  await page.goto(demo.url + PAGE)
  await burst(page, '5,000')
  await arrived(page, 75)
  await page.reload()
  await arrived(page, 150)
  const second = await openPage(PAGE)
  await burst(second, '250')
  await arrived(second, 225)
  // It was the first, and so it was the one that sent.
  await crashTab(page)
  await arrived(second, 300)
  await neverTooMany(second)
  await killBrowser(PAGE)
  await arrived(page, 375)
  await neverTooMany(page)
  // Nothing of it is lost on the way: what has not arrived waits.
  while ((await number(page, '#waiting')) + (await number(page, '#taken')) < 5_250);
})

test('a burst of 250 is worked off to the last, each event once, though the network goes in the midst of it', async () => {
  await page.goto(demo.url + PAGE)
  await burst(page, '250')
  await arrived(page, 60)
  await browser.context.setOffline(true)
  await says(page, '#to-go', 'No answer: all of them wait here until there is one')
  expect(await number(page, '#taken')).toBeLessThan(250)
  await browser.context.setOffline(false)
  await says(page, '#to-go', 'Nothing waits')
  await says(page, '#taken', '250')
  await neverTooMany(page)
})

/** Without a queue. */
function send(n: number): Promise<Response> {
  return fetch(`${demo.url}api/meter`, { method: 'POST', headers: headersOf(n), body: '{}' })
}

function headersOf(n: number): Record<string, string> {
  return { 'content-type': 'application/json', 'idempotency-key': `"${n}"` }
}

test('the endpoint takes fifty of sixty that come at once, refuses the others, and the page tells', async () => {
  await page.goto(demo.url + PAGE)
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => send(n)))
  expect(answers.map(({ ok, status }) => (ok ? 200 : status)).toSorted((a, b) => a - b)).toEqual([
    ...Array<number>(50).fill(200),
    ...Array<number>(10).fill(429),
  ])
  await says(page, '#peak', '60')
  await says(page, '#taken', '50')
  await says(page, '#check-peak[data-passed=false]', '10 refused')
})

test('an event whose arrival was told before all of it had come is told of as taken, too', async () => {
  await page.goto(demo.url + PAGE)
  const sending = request(`${demo.url}api/meter`, { method: 'POST', headers: headersOf(1) })
  sending.flushHeaders()
  await says(page, '#peak', '1')
  await says(page, '#taken', '0')
  sending.end('{}')
  await says(page, '#taken', '1')
})

testLooks([{ path: PAGE, use: (at) => burst(at, '250') }])

import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  browser,
  button,
  checksPassed,
  demo,
  folder,
  goOffline,
  goOnline,
  page,
  place,
  received,
  shows,
  startServerAgain,
  stopServer,
  taken,
  toggle,
  useDemo,
} from './demo-stage.ts'
import { until } from './until.ts'

useDemo()

test('a newcomer goes offline, places ten orders from the keyboard, reloads, goes online, and they arrive once, each customer’s in order', async () => {
  await goOffline()
  for (let n = 0; n < 10; n++) {
    await page.getByLabel('Name').fill(n % 2 === 0 ? 'Maeve' : 'Ewa')
    await page.getByLabel('How many').fill(String(n + 1))
    await page.keyboard.press('Enter')
    await shows('#depth-ready', `${n + 1}`)
  }
  await page.reload()
  await shows('#depth-ready', '10')
  expect(await received()).toEqual([])
  await goOnline()
  await shows('#headline', 'Nothing waits')
  await shows('[data-figure=handled]', '10')
  const all = await taken()
  const of = (customer: string): number[] => all.filter(({ name }) => name === customer).map(({ quantity }) => quantity)
  expect([of('Maeve'), of('Ewa')]).toEqual([
    [1, 3, 5, 7, 9],
    [2, 4, 6, 8, 10],
  ])
  await checksPassed()
})

test('with the server stopped the page loads, keeps what is placed, and delivers when the server is back', async () => {
  await stopServer()
  await page.reload()
  await page.getByLabel('Name').fill('Maeve')
  await button('Place order').click()
  await page.locator('#order-said').filter({ hasText: /./ }).waitFor()
  await startServerAgain()
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

test('dead letters are purged when a person says no, asks again before the browser has told of the no, and says yes', async () => {
  await page.getByLabel('How many').fill('41')
  await page.keyboard.press('Enter')
  await shows('#depth-dead', '1')
  await button('Purge all').evaluate((purge: HTMLButtonElement) => {
    purge.click()
    document.querySelector('dialog')!.close()
    purge.click()
    return new Promise((resolve) => document.querySelector('dialog')!.addEventListener('close', resolve, { once: true }))
  })
  await button('Purge them').click()
  await shows('#depth-dead', '0')
})

test('when the worker dies another takes its place: orders go on being taken in, and arrive once', async () => {
  await toggle('away', 'Server away', true)
  await place('Maeve')
  await shows('#headline', 'The server cannot be reached')
  await page.workers()[0]!.evaluate(() => close())
  await place('Ewa')
  await page.getByText('The queue’s worker has died; another takes its place').first().waitFor({ state: 'attached' })
  await shows('#pill-host', 'Runs in a worker')
  await shows('#depth-ready', '2')
  await toggle('away', 'Server away', false)
  await shows('#headline', 'Nothing waits')
  // Two customers, and so in any order.
  expect((await received()).toSorted()).toEqual(['Ewa', 'Maeve'])
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
  await stopServer()
  // As if it had ended in the middle of a line.
  await appendFile(path.join(folder, 'orders.jsonl'), '{"number":2,"device":"')
  await page.reload()
  await page.getByLabel('Name').fill('Ewa')
  await button('Place order').click()
  await startServerAgain()
  await page.locator('#server[data-link=up]').waitFor()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Maeve', 'Ewa'])
  await shows('[data-figure=handled]', '2')
  await shows('[data-figure=repeats]', '[1-9]')
  await checksPassed()
  // Two customers are two groups: which of them is answered first, once the server is back, nobody promises.
  expect((await page.locator('#delivered-rows .row').allInnerTexts()).toSorted()).toEqual([
    expect.stringMatching(/^Ewa\nno. 2/),
    expect.stringMatching(/^Maeve\nno. 1/),
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
  await shows('#depth-dead', '3')
  await shows('#headline', 'Nothing waits')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const brightness = Math.max(...background.match(/\d+/g)!.map(Number))
  expect(brightness > 128).toBe(colorScheme === 'light')
  for (const control of await page.locator('button:visible, input:visible, select:visible, textarea:visible').all()) {
    expect(await control.ariaSnapshot()).toMatch(/"[^"]+"/)
  }
})

test('the service worker forgets what an earlier release of the demo has stored, and leaves alone what others keep, as the queue does its reserve', async () => {
  await page.evaluate(async () => (await navigator.serviceWorker.ready).unregister())
  await page.goto(`${demo.url}icon.svg`)
  await page.evaluate(() => Promise.all(['shell-earlier', 'somebody’s'].map((name) => caches.open(name))))
  await page.goto(demo.url)
  await until(page, () => navigator.serviceWorker.controller !== null)
  const names = await page.evaluate(() => caches.keys())
  expect(names).toContain('somebody’s')
  expect(names.filter((name) => name.startsWith('shell-'))).toEqual([expect.not.stringMatching('earlier')])
})

import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { numbers } from './browser.ts'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { crashTab, demo, goOffline, goOnline, killBrowser, openPage, page, useDemo } from './demo-stage.ts'
import { says, shown, testLooks } from './examples-stage.ts'

useDemo(A_PROCESS_FOR_EACH_TAB)

const NIGHT = 'examples/decoupling/producer.html'
const DAY = 'examples/decoupling/consumer.html'

/** Twelve ships pass; resolves when the page says that they are noted. */
async function fleetPasses(night: Page): Promise<void> {
  await night.getByRole('button', { name: 'A fleet of twelve passes' }).click()
  await says(night, '#said', 'Noted, and on the disk: 12 ships')
}

/** So many ships pass, one after the other. */
async function shipsPass(night: Page, count: number): Promise<void> {
  const before = Number(await night.locator('#waiting').innerText())
  await night.getByLabel('Ship').focus()
  for (let n = 1; n <= count; n++) {
    await night.keyboard.press('Enter')
    await says(night, '#waiting', String(before + n))
  }
}

/** Waits until nothing is left to enter, and gives the logbook's numbers, the first first. */
async function logbookOf(day: Page, count: number): Promise<number[]> {
  await says(day, '#in-hand', 'Nothing is left to enter')
  await says(day, '#check', `Nos. 1 to ${count}: in order, none missing, none twice`)
  const rows = await day.locator('#logbook-rows .number').allInnerTexts()
  return rows.map((text) => Number(text.replace('no. ', ''))).toReversed()
}

/** Waits until that many are entered, and more are to come: the day watch is in the midst of one then. */
async function entered(day: Page, count: number): Promise<void> {
  for (;;) {
    const last = await day.locator('#logbook-rows .number').first().innerText()
    if (Number(last.replace('no. ', '')) >= count) return
  }
}

test('what the night watch has noted is entered by a day watch that was never open beside it, in order, though the browser is killed in between', async () => {
  await page.goto(demo.url + NIGHT)
  await shipsPass(page, 3)
  await page.getByLabel('Ship').fill('A ship nobody knows')
  await page.getByLabel('Course').selectOption('west')
  await page.getByRole('button', { name: 'Note it' }).click()
  await says(page, '#said', 'Noted, and on the disk: A ship nobody knows')
  await killBrowser(DAY)
  expect(await logbookOf(page, 4)).toEqual(numbers(1, 4))
  await shown(page, '#logbook-rows > :first-child', /A ship nobody knows.*heading west/s).waitFor()
  await says(page, '#entered-before', '0')
  await page.goto(demo.url + NIGHT)
  await says(page, '#entered', '4')
  await shipsPass(page, 2)
  await page.goto(demo.url + DAY)
  expect(await logbookOf(page, 6)).toEqual(numbers(1, 6))
  await says(page, '#entered-before', '4')
})

test('of two day watches, each says what is so: which of them enters a ship, and whether the night has left any', async () => {
  await page.goto(demo.url + DAY)
  const second = await openPage(DAY)
  const days = [page, second]
  for (const day of days) await says(day, '#in-hand', 'The night has left nothing to enter')
  const night = await openPage(NIGHT)
  const heard = days.map((day) =>
    says(day, '#in-hand', /^(Entering|Another day watch is entering) no\. \d+: /).then(() => day.locator('#in-hand').innerText()),
  )
  await fleetPasses(night)
  expect((await Promise.all(heard)).filter((text) => text.startsWith('Entering'))).toHaveLength(1)
  for (const day of days) await logbookOf(day, 12)
  await second.reload()
  await says(second, '#in-hand', 'The night has left nothing to enter')
  await says(second, '#entered-before', '12')
})

test('a day watch that is reloaded, crashes, and is killed with its browser in the midst of an entry leaves no gap and enters none twice', async () => {
  await page.goto(demo.url + NIGHT)
  await fleetPasses(page)
  await page.goto(demo.url + DAY)
  await entered(page, 2)
  await page.reload()
  await entered(page, 4)
  await crashTab(page)
  const second = await openPage(DAY)
  await entered(second, 6)
  await killBrowser(DAY)
  expect(await logbookOf(page, 12)).toEqual(numbers(1, 12))
  const before = Number(await page.locator('#entered-before').innerText())
  // It was in the midst of it.
  expect(before).toBeGreaterThanOrEqual(5)
  expect(before).toBeLessThan(12)
})

test('with two day watches and two night watches, of which those that lead crash, ships are entered in order, each once', async () => {
  await page.goto(demo.url + DAY)
  const other = await openPage(DAY)
  const nights = [await openPage(NIGHT), await openPage(NIGHT)] as const
  await Promise.all([fleetPasses(nights[0]), nights[1].getByRole('button', { name: 'Note it' }).click()])
  await says(nights[1], '#said', /^Noted, and on the disk/)
  // It was the first, and so it hands out what there is.
  await crashTab(page)
  await crashTab(nights[0])
  expect(await logbookOf(other, 13)).toEqual(numbers(1, 13))
})

test('neither watch needs the network, nor the server', async () => {
  await page.goto(demo.url + NIGHT)
  await goOffline()
  await page.reload()
  await shipsPass(page, 2)
  await page.goto(demo.url + DAY)
  expect(await logbookOf(page, 2)).toEqual(numbers(1, 2))
  await goOnline()
})

/** Its list is full, too. */
async function nightPasses(night: Page): Promise<void> {
  await fleetPasses(night)
  await says(night, '#waiting', '12')
}

testLooks([{ path: 'examples/decoupling/' }, { path: NIGHT, use: nightPasses }, { path: DAY, use: (day) => entered(day, 12) }])

import type { Locator, Page } from 'playwright'
import { expect, test } from 'vitest'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { crashTab, demo, killBrowser, openPage, page, useDemo } from './demo-stage.ts'
import { says, testLooks } from './examples-stage.ts'

useDemo(A_PROCESS_FOR_EACH_TAB)

const PAGE = 'examples/orders/'
const CUSTOMERS = ['Maeve', 'João', 'Ewa', 'Łukasz']

const lane = (at: Page, customer: string): Locator => at.locator(`.lane[data-key="${customer}"]`)

async function placeForAll(at: Page): Promise<void> {
  await at.getByRole('button', { name: 'Three orders for everyone' }).click()
}

async function switchTo(at: Page, name: string, customer: string, isOn: boolean): Promise<void> {
  const button = at.getByRole('switch', { name: `${name}: ${customer}` })
  if ((await button.getAttribute('aria-checked')) !== String(isOn)) await button.click()
  await isSwitched(at, name, customer, isOn)
}

async function isSwitched(at: Page, name: string, customer: string, isOn: boolean): Promise<void> {
  await at.locator(`[role=switch][aria-label="${name}: ${customer}"][aria-checked=${isOn}]`).waitFor()
}

/** Waits until a customer has so many, and gives their numbers in the order in which they were shipped. */
async function shipped(at: Page, customer: string, count: number): Promise<number[]> {
  await lane(at, customer)
    .locator('[data-part=shipped-count]')
    .filter({ hasText: new RegExp(`^${count}$`) })
    .waitFor()
  return (await lane(at, customer).locator('[data-chips=shipped] .chip').allInnerTexts()).map(Number).toReversed()
}

async function halted(at: Page, customer: string, number: number): Promise<void> {
  await lane(at, customer).getByText(`Halted: no. ${number}, the card was declined`).waitFor()
}

test('a declined card halts its customer, over a reload and a killed browser, and nobody else; charged again by hand, all is shipped in sequence', async () => {
  await page.goto(demo.url + PAGE)
  await switchTo(page, 'Card declined', 'Maeve', true)
  await placeForAll(page)
  for (const customer of CUSTOMERS.slice(1)) expect(await shipped(page, customer, 3)).toEqual([1, 2, 3])
  await halted(page, 'Maeve', 1)
  await page.reload()
  await halted(page, 'Maeve', 1)
  await page.getByRole('button', { name: 'Place an order: João' }).click()
  expect(await shipped(page, 'João', 4)).toEqual([1, 2, 3, 4])
  await killBrowser(PAGE)
  await halted(page, 'Maeve', 1)
  expect(await shipped(page, 'Maeve', 0)).toEqual([])
  await switchTo(page, 'Card declined', 'Maeve', false)
  await page.getByRole('button', { name: 'Charge again: Maeve' }).click()
  expect(await shipped(page, 'Maeve', 3)).toEqual([1, 2, 3])
  await says(page, '#check[data-passed=true]', 'Each customer in sequence, each order once')
})

test('what was switched a moment ago is switched after a browser was killed', async () => {
  await page.goto(demo.url + PAGE)
  await switchTo(page, 'Courier is late', 'Ewa', true)
  await killBrowser(PAGE)
  await isSwitched(page, 'Courier is late', 'Ewa', true)
})

test('an order that is given up lets its customer go on with the next, and no other order is given its number, after a reload either', async () => {
  await page.goto(demo.url + PAGE)
  await switchTo(page, 'Card declined', 'Ewa', true)
  await page.getByRole('button', { name: 'Place an order: Ewa' }).click()
  await page.getByRole('button', { name: 'Place an order: Ewa' }).click()
  await halted(page, 'Ewa', 1)
  // Not mended: the second is declined as well.
  await page.getByRole('button', { name: 'Give it up: Ewa' }).click()
  await halted(page, 'Ewa', 2)
  await switchTo(page, 'Card declined', 'Ewa', false)
  await page.getByRole('button', { name: 'Charge again: Ewa' }).click()
  expect(await shipped(page, 'Ewa', 1)).toEqual([2])
  await switchTo(page, 'Card declined', 'Ewa', true)
  await page.getByRole('button', { name: 'Place an order: Ewa' }).click()
  await halted(page, 'Ewa', 3)
  await page.getByRole('button', { name: 'Give it up: Ewa' }).click()
  await lane(page, 'Ewa').locator('.decide').waitFor({ state: 'hidden' })
  await switchTo(page, 'Card declined', 'Ewa', false)
  await page.reload()
  await page.getByRole('button', { name: 'Place an order: Ewa' }).click()
  expect(await shipped(page, 'Ewa', 2)).toEqual([2, 4])
})

test('a late courier is waited for, in place, though the tab that waits crashes; nobody else waits', async () => {
  await page.goto(demo.url + PAGE)
  await switchTo(page, 'Courier is late', 'Łukasz', true)
  await placeForAll(page)
  for (const customer of CUSTOMERS.slice(0, 3)) expect(await shipped(page, customer, 3)).toEqual([1, 2, 3])
  await lane(page, 'Łukasz').getByText('No. 1: the courier has not come; it is tried again').waitFor()
  const second = await openPage(PAGE)
  await switchTo(page, 'Card declined', 'Maeve', true)
  await isSwitched(second, 'Card declined', 'Maeve', true)
  await crashTab(page)
  expect(await shipped(second, 'Łukasz', 0)).toEqual([])
  await switchTo(second, 'Courier is late', 'Łukasz', false)
  expect(await shipped(second, 'Łukasz', 3)).toEqual([1, 2, 3])
})

test('with two tabs at work, of which one crashes, and a browser that is killed in the midst of it, each order is shipped once, in sequence', async () => {
  await page.goto(demo.url + PAGE)
  const second = await openPage(PAGE)
  await placeForAll(second)
  await placeForAll(second)
  await shippedSome(second, 3)
  await crashTab(page)
  await shippedSome(second, 8)
  await killBrowser(PAGE)
  expect(await shippedSome(page, 1)).toBeLessThan(24)
  for (const customer of CUSTOMERS) expect(await shipped(page, customer, 6)).toEqual([1, 2, 3, 4, 5, 6])
  await says(page, '#check[data-passed=true]', 'Each customer in sequence, each order once')
})

/** Waits until at least so many are shipped, and says how many. */
async function shippedSome(at: Page, count: number): Promise<number> {
  for (;;) {
    const all = Number(await at.locator('#shipped').innerText())
    if (all >= count) return all
  }
}

/** One halted, one waiting for the courier, and so with all that a lane can show. */
async function troubled(at: Page): Promise<void> {
  await switchTo(at, 'Card declined', 'Maeve', true)
  await switchTo(at, 'Courier is late', 'Ewa', true)
  await placeForAll(at)
  await halted(at, 'Maeve', 1)
  await lane(at, 'Ewa').getByText('the courier has not come').waitFor()
  await shipped(at, 'João', 3)
}

testLooks([{ path: PAGE, use: troubled }])

import { expect, test } from 'vitest'
import {
  button,
  checksPassed,
  demo,
  killBrowser,
  openPage,
  page,
  place,
  received,
  refuse,
  shows,
  taken,
  toggle,
  useDemo,
} from './demo-stage.ts'

useDemo()

const customer = (name: string): ReturnType<typeof page.locator> => page.locator(`#ready-rows > [data-key="${name}"]`)
const MAEVE = 'Maeve Quill'

/** Maeve's first order is refused, and two more wait behind it. */
async function haltMaeve(): Promise<void> {
  await refuse(MAEVE)
  for (const quantity of [1, 2, 3]) await place(MAEVE, { quantity })
  await shows('#depth-dead', '1')
  await shows('#headline', 'Waiting for you')
  await shows('#depth-ready', '2')
}

const ofMaeve = async (): Promise<number[]> => (await taken()).filter(({ name }) => name === MAEVE).map(({ quantity }) => quantity)

test('a customer whose order is refused is halted, nobody else; after a reload and a retry all arrive in order', async () => {
  await haltMaeve()
  await place('Ewa')
  await shows('#depth-delivered', '1')
  expect(await received()).toEqual(['Ewa'])
  await page.reload()
  await customer(MAEVE).filter({ hasText: 'No more orders of Maeve Quill today' }).waitFor()
  await page.getByText('One attempt').click()
  await page.getByText('The server will not take it (422)').waitFor()
  await refuse('nobody')
  await button(/^Retry: /).click()
  await shows('#headline', 'Nothing waits')
  expect(await ofMaeve()).toEqual([1, 2, 3])
  await checksPassed()
})

test('a halted customer goes on without the order that was refused, when it is skipped, and when it is deleted', async () => {
  await haltMaeve()
  await refuse('nobody')
  await button(/^Skip: /).click()
  await shows('#headline', 'Nothing waits')
  expect(await ofMaeve()).toEqual([2, 3])
  await shows('#depth-dead', '1')
  await button(/^Purge: order of/).click()
  await shows('#depth-dead', '0')
  await haltMaeve()
  await refuse('nobody')
  await button(/^Delete: /).click()
  await shows('#depth-dead', '0')
  await shows('#headline', 'Nothing waits')
  expect(await ofMaeve()).toEqual([2, 3, 2, 3])
  await checksPassed()
})

test('one customer is paused, also after a reload, and the others go on', async () => {
  await toggle('away', 'Server away', true)
  await place('Maeve')
  await place('Ewa')
  await button('Pause: Maeve').focus()
  await page.keyboard.press('Enter')
  await button('Resume: Maeve').and(page.locator(':focus')).waitFor()
  await page.reload()
  await toggle('away', 'Server away', false)
  await shows('#headline', 'Waiting for you')
  expect(await received()).toEqual(['Ewa'])
  await button('Resume: Maeve').click()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Ewa', 'Maeve'])
})

test('an order that is cancelled while it waits is not sent', async () => {
  await button('Pause').click()
  await shows('#headline', 'Paused')
  await place('Maeve')
  await place('Ewa')
  await button(/^Cancel: order of Maeve/).click()
  await shows('#queue-said', 'Cancelled, it was not sent: Maeve')
  await shows('#depth-ready', '1')
  // The row has gone; the focus has not.
  await page.locator('#ready-title:focus').waitFor()
  await button('Resume').click()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Ewa'])
})

test('an order that is aborted under way is not called undelivered', async () => {
  await toggle('dawdling', 'Server dawdles', true)
  await place('Maeve')
  await button(/^Abort: order of Maeve/).click()
  await shows('#queue-said', 'Aborted, the server may have it: Maeve')
  await shows('#headline', 'Nothing waits')
  await toggle('dawdling', 'Server dawdles', false)
  await shows('[data-figure=handled]', '1')
})

test('an order for later joins after a reload', async () => {
  await place('Maeve', { send: 'in 10 s' })
  await page.locator('#delayed-rows').getByText(/^at /).waitFor()
  await page.reload()
  await shows('#headline', 'Nothing waits')
  await shows('#depth-delivered', '1')
  expect(await received()).toEqual(['Maeve'])
})

test('an offer that is over before the server is back is not sent, and the dead letter says why', async () => {
  await toggle('away', 'Server away', true)
  await place('Maeve', { valid: 'for 10 s' })
  await page
    .locator('#ready-rows')
    .getByText(/offer until/)
    .waitFor()
  await shows('#dead-rows .row-why', 'The offer was over before the server had it')
  await toggle('away', 'Server away', false)
  await shows('#headline', 'Nothing waits')
  await shows('[data-figure=arrivals]', '0')
})

test('what is delayed and who is halted outlives the browser', async () => {
  await haltMaeve()
  await place('Ewa', { send: 'in 10 min' })
  await shows('#depth-delayed', '1')
  await killBrowser()
  await shows('#depth-delayed', '1')
  await page.locator('#delayed-rows').getByText(/^at /).waitFor()
  await customer(MAEVE).filter({ hasText: 'halted' }).waitFor()
  await refuse('nobody')
  await button(/^Retry: /).click()
  await shows('#headline', 'Waiting for its time')
  expect(await ofMaeve()).toEqual([1, 2, 3])
  await button(/^Cancel: order of Ewa/).click()
  await shows('#headline', 'Nothing waits')
})

test('after a reload, and after it was away, the page tells what was delivered', async () => {
  await place('Maeve')
  await shows('#depth-delivered', '1')
  await page.reload()
  await shows('#depth-delivered', '1')
  await page
    .locator('#delivered-rows')
    .getByText(/^no\. 1 /)
    .waitFor()
  const other = await openPage()
  await other.locator('#depth-delivered').filter({ hasText: /^1$/ }).waitFor()
  await page.goto('about:blank')
  await other.getByLabel('Name').fill('Ewa')
  await other.getByLabel('Name').press('Enter')
  await other.locator('#depth-delivered').filter({ hasText: /^2$/ }).waitFor()
  await page.goto(demo.url)
  await shows('#while-away', 'Since you last looked, at .*: 1 order delivered')
})

test('when the session is over nothing is lost, and a login sends what waits', async () => {
  await toggle('loggedOut', 'Session is over', true)
  await place('Maeve')
  await shows('#headline', 'Logged out')
  await button('Log in again').click()
  await shows('#headline', 'Nothing waits')
  expect(await received()).toEqual(['Maeve'])
})

test('of a note that is kept with each key, dispatch gets the last words, and few others', async () => {
  await toggle('away', 'Server away', true)
  await page.getByLabel('Note to dispatch').pressSequentially('Gate code changed: 4711')
  await shows('#note-said', 'Kept on this device')
  await toggle('away', 'Server away', false)
  await shows('#server-note', 'Gate code changed: 4711')
  await shows('#note-said', 'Dispatch has it')
  expect(Number(await page.locator('#note-arrivals').innerText())).toBeLessThanOrEqual(3)
})

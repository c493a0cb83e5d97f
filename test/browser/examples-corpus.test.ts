import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { CHUNKS, letter, wordsOf } from '../../demo/examples/corpus/documents.ts'
import { numbers } from './browser.ts'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { crashTab, demo, goOffline, goOnline, killBrowser, openPage, page, useDemo } from './demo-stage.ts'
import { says, testLooks } from './examples-stage.ts'

useDemo(A_PROCESS_FOR_EACH_TAB)

const CORPUS = 'examples/corpus/'
const LEFT = new RegExp(`^\\d+ of ${CHUNKS} chunks are left$`)

/** So many that a test is in the midst of it for some seconds. */
const MANY = 10_000
const FEW = 2_000

async function begin(at: Page, letters: number): Promise<void> {
  await at.getByLabel('How many letters').selectOption(String(letters))
  await at.getByRole('button', { name: 'Index them' }).click()
}

/** Waits until that many chunks at least are in the index, and gives how many. */
async function indexed(at: Page, least: number): Promise<number> {
  for (;;) {
    const label = await at.locator('#cells').getAttribute('aria-label')
    const count = Number(/^\d+/.exec(label ?? '')?.[0] ?? 0)
    if (count >= least) return count
  }
}

/** The batch is done, each chunk is in the index, with as many words as one finds who counts them. Gives how many. */
async function isWhole(at: Page): Promise<number> {
  await says(at, '#said', 'The batch is done')
  await says(at, '#check[data-passed=true]', /none missing, none twice/)
  await says(at, '#percent', '100 %')
  expect(await indexed(at, 0)).toBe(CHUNKS)
  return Number((await at.locator('#words').innerText()).replaceAll(',', ''))
}

/** Ends a worker that has a chunk in hand; with luck before it is done with it. */
async function endWorker(at: Page, number: number): Promise<void> {
  await at
    .locator('.crew [data-state=busy]')
    .filter({ hasText: `Worker ${number}` })
    .waitFor()
  await at.getByRole('button', { name: `End worker ${number}` }).click()
}

const chunksBegunAgain = async (at: Page): Promise<number> => Number(await at.locator('#again').innerText())

test('four workers index a corpus though one is ended twice in the midst of it; what it had in hand is done again, and is in the index once', async () => {
  await page.goto(demo.url + CORPUS)
  let ended = 0
  // Whether a worker is ended before it is done with its chunk is chance, so until one was.
  do {
    await begin(page, MANY)
    await says(page, '#said', LEFT)
    for (const chunk of [10, 60]) {
      await indexed(page, chunk)
      await endWorker(page, 2)
      ended++
    }
    await isWhole(page)
  } while ((await chunksBegunAgain(page)) === 0)
  await says(page, '#ended', String(ended))
  expect(await chunksBegunAgain(page)).toBeLessThanOrEqual(2)
})

/** As if the page had ended after the messages were on the disk, and before it had noted their ids. */
async function forgetIds(at: Page): Promise<void> {
  await at.evaluate(async () => {
    const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error!))
      })
    const database = await resultOf(indexedDB.open('index-of-letters'))
    const store = database.transaction('begun', 'readwrite').objectStore('begun')
    const { ids: _, ...begun } = (await resultOf(store.get('batch'))) as { ids: unknown }
    await resultOf(store.put(begun, 'batch'))
    database.close()
  })
}

/** How many words the corpus has, and which letters have one of these, as one finds who reads it straight through. */
function readThrough(
  letters: number,
  sought: readonly string[],
): { readonly total: number; readonly having: ReadonlyMap<string, number[]> } {
  const having = new Map(sought.map((word): [string, number[]] => [word, []]))
  let total = 0
  for (const number of numbers(0, letters)) {
    const words = wordsOf(letter(number))
    total += words.length
    for (const word of sought) if (words.includes(word)) having.get(word)!.push(number)
  }
  return { total, having }
}

/** It is found in these letters, and in no others. */
async function isFound(at: Page, word: string, having: readonly number[]): Promise<void> {
  await at.getByRole('searchbox', { name: 'A word' }).fill(word)
  await says(at, '#found-count', `“${word}” is in ${having.length.toLocaleString('en')} of the letters that are indexed`)
  const titles = having.slice(0, 6).map((number) => letter(number).title)
  expect(await at.locator('#found-rows .row-title').allInnerTexts()).toEqual(titles)
}

test('reloaded, killed with its browser, and offline, the batch goes on from where it was, with all of it in the bar; its total is right, and words are found where they are', async () => {
  await page.goto(demo.url + CORPUS)
  await begin(page, MANY)
  await indexed(page, 1)
  await page.reload()
  await says(page, '#said', LEFT)
  const before = await indexed(page, 20)
  expect(before).toBeLessThan(CHUNKS)
  await forgetIds(page)
  await goOffline()
  await killBrowser(CORPUS)
  expect(await indexed(page, 1)).toBeGreaterThanOrEqual(before)
  const { total, having } = readThrough(MANY, ['smuggler', wordsOf(letter(1_234)).at(2)!, 'nothing'])
  expect(await isWhole(page)).toBe(total)
  for (const [word, numbers] of having) await isFound(page, word, numbers)
  await goOnline()
})

test('begun in two tabs at once it is one batch, which both show, and work at; when the one that hands it out crashes, the other goes on', async () => {
  await page.goto(demo.url + CORPUS)
  const other = await openPage(CORPUS)
  const tabs = [page, other]
  for (const tab of tabs) await tab.getByLabel('How many letters').selectOption(String(MANY))
  await Promise.all(tabs.map((tab) => tab.locator('#start').evaluate((button: HTMLButtonElement) => button.click())))
  await says(page, '#said', LEFT)
  // It was the first, and so it is the one that hands out. The other may still be looking up what is done of the batch.
  expect(await indexed(page, 20)).toBeLessThan(CHUNKS)
  await crashTab(page)
  await says(other, '#said', LEFT)
  await isWhole(other)
})

async function corpusIsIndexed(at: Page): Promise<void> {
  await begin(at, FEW)
  await isWhole(at)
}

testLooks([{ path: CORPUS, use: corpusIsIndexed }])

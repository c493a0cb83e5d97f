import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { A_PROCESS_FOR_EACH_TAB } from './chromium.ts'
import { crashTab, demo, goOffline, goOnline, killBrowser, openPage, page, useDemo } from './demo-stage.ts'
import { says, shown, testLooks } from './examples-stage.ts'

useDemo(A_PROCESS_FOR_EACH_TAB)

const ALBUM = 'examples/thumbnails/'
const MADE = 'body[data-work=done] #made'
const DAMAGED = 'This is no picture, or a damaged one'

/** Adds a dozen views of the sea, of which one is damaged. */
async function useSamples(at: Page): Promise<void> {
  await at.getByRole('button', { name: 'Use these' }).click()
  await says(at, '#said', '12 pictures are on the disk')
}

/** A picture as large as a camera's, the left half red and the right half blue. */
async function redAndBlue(at: Page): Promise<Buffer> {
  const url = await at.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 2_400
    canvas.height = 1_600
    const context = canvas.getContext('2d')!
    context.fillStyle = '#f00'
    context.fillRect(0, 0, 1_200, 1_600)
    context.fillStyle = '#00f'
    context.fillRect(1_200, 0, 1_200, 1_600)
    return canvas.toDataURL('image/png')
  })
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}

/** Chooses a picture so many times; resolves when all are on the disk. */
async function choose(at: Page, count: number): Promise<void> {
  const buffer = await redAndBlue(at)
  const files = Array.from({ length: count }, (_, n) => ({ name: `Picture ${n + 1}.png`, mimeType: 'image/png', buffer }))
  await at.getByLabel('Drop pictures here, or choose some').setInputFiles(files)
  await says(at, '#said', `${count} pictures are on the disk`)
}

/** What the thumbnails that are shown look like, left and right. Each is drawn when its picture is. */
async function colours(at: Page, count: number): Promise<string[]> {
  await expect.poll(() => at.locator('.tile canvas:visible').count(), { timeout: 20_000 }).toBe(count)
  return at.locator('.tile canvas:visible').evaluateAll((all) =>
    all.map((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
      const [left, right] = [4, width - 4].map((x) => (data[x * 4]! > 200 ? 'red' : data[x * 4 + 2]! > 200 ? 'blue' : 'neither'))
      return `${width} × ${height}: ${left}, ${right}`
    }),
  )
}

const allRedAndBlue = (count: number): string[] => Array.from({ length: count }, () => '320 × 214: red, blue')

test('the page stays smooth while workers make thumbnails of a dozen large pictures; the damaged one is a dead letter, with the reason', async () => {
  await page.goto(demo.url + ALBUM)
  await useSamples(page)
  await says(page, MADE, '11')
  await says(page, '#dead', '1')
  await shown(page, '.tile[data-state=dead]', new RegExp(`Torn off.jpg.*${DAMAGED}`, 's')).waitFor()
  const [task, pause] = await Promise.all([page.locator('#longest-task').innerText(), page.locator('#longest-pause').innerText()])
  console.log(`a dozen thumbnails: longest task of the page’s thread ${task}, longest pause between two frames ${pause}`)
})

test('what is dropped or chosen is made small as it is, and what only says that it is a picture is a dead letter; the rest goes on', async () => {
  await page.goto(demo.url + ALBUM)
  await choose(page, 2)
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['Not a picture at all'], 'letter.png', { type: 'image/png' }))
    dataTransfer.items.add(new File([], 'nothing.jpg', { type: 'image/jpeg' }))
    document.querySelector('#place')!.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
  })
  await says(page, 'body[data-work=done] #dead', '2')
  for (const name of ['letter.png', 'nothing.jpg'])
    await shown(page, '.tile[data-state=dead]', new RegExp(`${name}.*${DAMAGED}`, 's')).waitFor()
  expect(await colours(page, 2)).toEqual(allRedAndBlue(2))
  await page.getByRole('button', { name: 'Try dead letters again' }).click()
  await says(page, '#said', '2 pictures are tried again')
  await says(page, 'body[data-work=done] #dead', '2')
  await page.getByRole('button', { name: 'Clear the album' }).click()
  await says(page, '.none', 'No picture yet.')
})

test('workers that are ended in the midst of a picture lose none: it is begun again by another, and made once', async () => {
  await page.goto(demo.url + ALBUM)
  let pictures = 0
  // Whether one had a picture in hand when it was ended is chance, so until it had.
  do {
    await choose(page, 8)
    pictures += 8
    for (const worker of ['Worker 1', 'Worker 2']) {
      await page.locator('.crew [data-state=busy]').filter({ hasText: worker }).waitFor()
      await page.getByRole('button', { name: `End ${worker.toLowerCase()}` }).click()
    }
    await says(page, MADE, String(pictures))
  } while ((await page.locator('#again').innerText()) === '0')
  expect(await colours(page, pictures)).toEqual(allRedAndBlue(pictures))
  await says(page, '#dead', '0')
})

test('pictures that are on the disk have their thumbnails in the end, though the page is reloaded and the browser killed, and without a connection', async () => {
  await page.goto(demo.url + ALBUM)
  await choose(page, 16)
  await page.reload()
  await says(page, '#made', /^[1-9]/)
  await goOffline()
  await killBrowser(ALBUM)
  await says(page, MADE, '16')
  expect(await colours(page, 16)).toEqual(allRedAndBlue(16))
  await goOnline()
})

test('the workers of two tabs share the pictures; when the one that hands them out crashes, the other goes on', async () => {
  await page.goto(demo.url + ALBUM)
  const other = await openPage(ALBUM)
  await choose(page, 16)
  await says(other, '.crew [data-state=busy] [data-part=name]', 'Worker 1')
  await crashTab(page)
  await says(other, MADE, '16')
  expect(await colours(other, 16)).toEqual(allRedAndBlue(16))
})

/** There is something in each list. */
async function albumIsFull(at: Page): Promise<void> {
  await useSamples(at)
  await says(at, MADE, '11')
}

testLooks([{ path: ALBUM, use: albumIsFull }])

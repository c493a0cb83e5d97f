import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { EXAMPLES } from '../../demo/examples/list.ts'
import { demo, goOffline, goOnline, page, useDemo } from './demo-stage.ts'

useDemo()

test('the front page leads to each example, each example to the others and back, and all load without a connection', async () => {
  await goOffline()
  for (const { folder, use } of EXAMPLES) {
    await page.goto(demo.url)
    await page.getByRole('link', { name: use }).click()
    await page.waitForURL(`${demo.url}examples/${folder}/`)
    expect(await page.getByRole('navigation', { name: 'Examples' }).getByRole('link').allInnerTexts()).toEqual(
      EXAMPLES.map(({ use }) => use),
    )
    expect(await page.locator('[aria-current=page]').innerText()).toBe(use)
    await page.getByRole('link', { name: 'Morning round, the demo' }).click()
    await page.waitForURL(demo.url)
  }
  await goOnline()
})

test('the code that an example shows is the code that it runs', async () => {
  for (const { folder } of EXAMPLES) {
    await page.goto(`${demo.url}examples/${folder}/`)
    const sources = await page.locator('.source').all()
    expect(sources).not.toEqual([])
    for (const source of sources) {
      const file = new URL(`../../demo/examples/${folder}/${await source.locator('figcaption').innerText()}`, import.meta.url)
      expect(await source.locator('code').innerText()).toBe((await readFile(file, 'utf8')).trim())
    }
  }
})

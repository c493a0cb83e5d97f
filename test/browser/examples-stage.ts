import type { Locator, Page } from 'playwright'
import { expect, test } from 'vitest'
import { demo, page } from './demo-stage.ts'

/** What a person can press, fill in or follow, or scroll. */
const CONTROLS = 'a:visible, button:visible, input:visible, select:visible, textarea:visible, summary:visible, [tabindex="0"]:visible'

/** Waits until an element says just this. */
export async function says(at: Page, selector: string, text: string | RegExp): Promise<void> {
  await shown(at, selector, text).waitFor()
}

/** An element that says just this. */
export function shown(at: Page, selector: string, text: string | RegExp): Locator {
  return at.locator(selector).filter({ visible: true, hasText: typeof text === 'string' ? new RegExp(`^${text}$`) : text })
}

/** A page of an example, and what a person does with it before it is looked at. */
export interface Look {
  readonly path: string
  readonly use?: (at: Page) => Promise<void>
}

/** One test for all pages of an example, since it takes long to start a browser. */
export function testLooks(looks: readonly Look[]): void {
  test('on a phone, in light and in dark mode, nothing is cut off; every control has a name, is reached from the keyboard, and shows that it is', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const { path, use } of looks) {
      await page.goto(demo.url + path)
      await use?.(page)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
      for (const control of await page.locator(CONTROLS).all()) expect(await control.ariaSnapshot()).toMatch(/"[^"]+"/)
      for (const mode of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: mode })
        expect(await page.evaluate(brightness)).toEqual(mode === 'light' ? expect.closeTo(0.9, 0.1) : expect.closeTo(0.1, 0.1))
      }
      expect(await tabThrough(page)).toEqual({ reached: await page.locator(CONTROLS).count(), withoutMark: [] })
    }
  })
}

/** From wherever the focus is, around the end, where it is nowhere for once. */
async function tabThrough(at: Page): Promise<{ readonly reached: number; readonly withoutMark: readonly string[] }> {
  const controls = await at.locator(CONTROLS).count()
  const reached = new Set<string>()
  for (let n = 0; n <= controls; n++) {
    await at.keyboard.press('Tab')
    reached.add(await at.evaluate(focused))
  }
  reached.delete('')
  return { reached: reached.size, withoutMark: [...reached].filter((one) => one.endsWith('without a mark')) }
}

/** Of what the page stands on, from 0 to 1. Runs in the page. */
function brightness(): number {
  return Math.max(...getComputedStyle(document.body).backgroundColor.match(/\d+/g)!.map(Number)) / 255
}

/** Which element has the focus, and whether that can be seen. Runs in the page. */
function focused(): string {
  const element = document.activeElement
  if (!element || element === document.body) return ''
  const isMarked = ['', '::before'].some((part) => getComputedStyle(element, part).outlineStyle !== 'none')
  return `${[...document.querySelectorAll('*')].indexOf(element)} ${element.tagName} ${isMarked ? 'with' : 'without'} a mark`
}

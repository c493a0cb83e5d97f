import type { Page } from 'playwright'

/** Waits until a page says that something is so. Not by `waitForFunction`: that takes the promise of an async function for a yes. */
export async function until(page: Pick<Page, 'evaluate'>, isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await page.evaluate(isSo))) await new Promise((resolve) => setTimeout(resolve, 20))
}

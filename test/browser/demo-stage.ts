import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { Browser } from './browser.ts'

interface Demo {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

// A variable, since the server is JavaScript that Node 20 runs as it is, which this program's types do not include.
const serverModule = new URL('../../demo/server/server.mjs', import.meta.url).href
const { startServer } = (await import(serverModule)) as {
  startServer(options: { port: number; directory: string; receivedFile: string; proofsDirectory: string }): Promise<Demo>
}

/** An order that the server has taken in. */
interface Taken {
  readonly name: string
  readonly quantity: number
}

export let folder: string
export let demo: Demo
export let browser: Browser
export let page: Page
const errors: Error[] = []

const start = (port: number): Promise<Demo> =>
  startServer({
    port,
    directory: fileURLToPath(new URL('../../demo/dist', import.meta.url)),
    receivedFile: path.join(folder, 'orders.jsonl'),
    proofsDirectory: path.join(folder, 'proofs'),
  })

/** Whether the browser is of no use to the next test. */
let isSpent = false
const ports = new Set<number>()

/**
 * Each test of the file gets a server and a page that can be loaded without it, at an address that keeps nothing yet. They share a browser,
 * until one fails, or kills it, or a tab of it: the next gets another.
 */
export function useDemo(chromiumArgs: readonly string[] = []): void {
  let running: Browser | undefined
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'holdfast-demo-'))
    demo = await startElsewhere()
    browser = running ??= await Browser.launch(chromiumArgs)
    page = await openPage()
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
    })
  })
  afterEach(async ({ task }) => {
    if (isSpent || task.result?.state === 'fail') {
      await browser.close()
      running = undefined
    } else await leaveAsFound(browser.context)
    isSpent = false
    await demo.close()
    await rm(folder, { recursive: true })
    expect(errors.splice(0)).toEqual([])
  })
  afterAll(() => running?.close())
}

/** On a port that no earlier test had: the browser remembers what was stored there. */
async function startElsewhere(): Promise<Demo> {
  const started = await start(0)
  if (!ports.has(started.port)) {
    ports.add(started.port)
    return started
  }
  await started.close()
  return startElsewhere()
}

async function leaveAsFound(context: BrowserContext): Promise<void> {
  await context.setOffline(false)
  // The first is the one that the browser began with, and would not go on without.
  for (const opened of context.pages().slice(1)) await opened.close()
}

/** @param path of the front page, unless it says otherwise. */
export async function openPage(path = ''): Promise<Page> {
  const opened = await browser.context.newPage()
  opened.on('pageerror', (error) => errors.push(error))
  await opened.goto(demo.url + path)
  return opened
}

/** As a crash or an empty battery would; the driver comes back. */
export async function killBrowser(path = ''): Promise<void> {
  isSpent = true
  await browser.killAndRestart()
  page = await openPage(path)
}

/** Has the process of a tab crash. With it goes what it has of the service worker, for whose answer Playwright's offline switch would then wait for good. */
export async function crashTab(tab: Page): Promise<void> {
  isSpent = true
  await browser.crash(tab)
}

export async function stopServer(): Promise<void> {
  await demo.close()
}

/** At the address where it was. */
export async function startServerAgain(): Promise<void> {
  demo = await start(demo.port)
}

/** Chromium's switch, and the server: while a page is being loaded again the switch lets requests through, a worker's above all. */
export async function goOffline(): Promise<void> {
  await browser.context.setOffline(true)
  await stopServer()
}

export async function goOnline(): Promise<void> {
  await startServerAgain()
  await browser.context.setOffline(false)
}

export const button = (name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('button', { name, exact: true })
export const shows = (selector: string, text: string): Promise<unknown> =>
  page
    .locator(selector)
    .filter({ hasText: new RegExp(`^${text}$`) })
    .waitFor()

/** Places an order, and waits until it is stored. */
export async function place(
  name: string,
  fields: { readonly quantity?: number; readonly send?: string; readonly valid?: string } = {},
): Promise<void> {
  const { quantity = 1, send = 'at once', valid = 'always' } = fields
  const stored = Number(await page.locator('#order-form').getAttribute('data-stored'))
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('How many').fill(String(quantity))
  await page.getByLabel('Send').selectOption({ label: send })
  await page.getByLabel('Valid').selectOption({ label: valid })
  await button('Place order').click()
  await page.locator(`#order-form[data-stored="${stored + 1}"]`).waitFor()
}

/** Throws a switch, and waits until the server says that it is thrown. */
export async function toggle(name: string, label: string, isOn: boolean): Promise<void> {
  await page.getByRole('switch', { name: label }).click()
  await page.locator(`[name=${name}][aria-checked=${isOn}]`).waitFor()
}

/** Whose orders the server answers with 422; waits until it says so. */
export async function refuse(label: string): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().endsWith('/api/switches'))
  await page.getByLabel('Refuse the orders of').selectOption({ label })
  await answered
}

/** What the server has written to its file, in order. */
export async function taken(): Promise<Taken[]> {
  const lines = (await readFile(path.join(folder, 'orders.jsonl'), 'utf8')).trimEnd()
  return lines === '' ? [] : lines.split('\n').map(takenIn)
}

function takenIn(line: string): Taken {
  const { order } = JSON.parse(line) as { order: { customer: { name: string }; lines: { quantity: number }[] } }
  return { name: order.customer.name, quantity: order.lines[0]!.quantity }
}

/** Whose orders those were. */
export async function received(): Promise<string[]> {
  return (await taken()).map(({ name }) => name)
}

export async function checksPassed(): Promise<void> {
  await page.locator('#check-order[data-passed=true]').waitFor()
  await page.locator('#check-once[data-passed=true]').waitFor()
}

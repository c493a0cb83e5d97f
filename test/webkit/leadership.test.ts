import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { MiniBrowser } from '../browser/mini-browser.ts'
import { TwoTabs } from '../browser/two-tabs.ts'

const PATIENCE = 120_000

let tabs: TwoTabs
let browser: MiniBrowser
beforeEach(async () => void (tabs = await TwoTabs.start()))
afterEach(async () => {
  await browser.close()
  await tabs.close()
})

const open = async (asked?: string): Promise<MiniBrowser> =>
  (browser = await MiniBrowser.open(inject('driven').executablePath, {}, ...tabs.urls(asked)))
const pause = (length: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, length))

test(
  'killed: when the process of the tab that leads is killed, another goes on',
  async () => {
    await open()
    const pid = await tabs.leaderOf(() => browser.webProcesses)
    const before = tabs.shop.arrivals.length
    process.kill(pid, 'SIGKILL')
    await tabs.takenOver('WebKitGTK, killed process', Date.now(), before)
    await tabs.allArrived(1)
  },
  PATIENCE,
)

test(
  'frozen: when the process of the tab that leads is stopped, another takes the lead from it; when it goes on it sends nothing',
  async () => {
    await open()
    const pid = await tabs.leaderOf(() => browser.webProcesses)
    await tabs.stopBetweenTransactions(() => void process.kill(pid, 'SIGSTOP'))
    const before = tabs.shop.arrivals.length
    await tabs.takenOver('WebKitGTK, frozen process', Date.now(), before)
    await pause(1_000)
    const sent = tabs.shop.arrivals.length
    process.kill(pid, 'SIGCONT')
    await tabs.allArrived(2)
    expect(tabs.sentByOldSince(sent)).toBe(0)
  },
  PATIENCE,
)

test(
  'left: when the page that leads goes into the back/forward cache, another goes on',
  async () => {
    await open('&leaves')
    await tabs.shop.arrived(20)
    const before = tabs.shop.arrivals.length
    tabs.leave()
    await tabs.takenOver('WebKitGTK, page left', Date.now(), before)
    await tabs.allArrived(1)
  },
  PATIENCE,
)

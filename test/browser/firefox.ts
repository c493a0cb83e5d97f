import { appendFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { firefox } from 'playwright'
import type { Page } from 'playwright'
import type { Driver } from './driver.ts'
import { launchOptions } from './find-browser.ts'
import { allProcesses, busiestOf, commandOf, ended, kill, parentOf, workingOf } from './processes.ts'

const PREFERENCES = {
  // A process for each tab.
  'dom.ipc.processCount': 40,
  'dom.ipc.processCount.webIsolated': 40,
  'dom.ipc.processPrelaunch.enabled': false,
  // Pages of tests open others, and those close themselves.
  'dom.disable_open_during_load': false,
  'dom.allow_scripts_to_close_windows': true,
  'dom.popup_maximum': 1_000,
}

export const firefoxDriver: Driver = {
  async launch(executablePath, profile) {
    const options = { ...launchOptions('firefox', executablePath), firefoxUserPrefs: PREFERENCES }
    return firefox.launchPersistentContext(profile, {
      ...options,
      executablePath: await startThatOutlivesTabs(executablePath, profile),
    })
  },

  blockStorage: (profile) => appendFile(path.join(profile, 'prefs.js'), '\nuser_pref("network.cookie.cookieBehavior", 2);\n'),

  async killAll(context, profile) {
    const closed = new Promise((resolve) => context.once('close', resolve))
    processesOf(profile).forEach(kill)
    await closed
  },

  processOf: (_, profile, page) => processOf(profile, page),

  async crash(_, profile, page) {
    const pid = await processOf(profile, page)
    kill(pid)
    await ended(pid)
  },
}

function processOf(profile: string, page: Page): Promise<number> {
  const tabs = processesOf(profile).filter((pid) => /[\0 ]tab\0?$/.test(commandOf(pid)))
  return busiestOf(tabs, workingOf(page, 1_500))
}

/** The browser, which has its profile in its command, and those that it has started. */
function processesOf(profile: string): number[] {
  const all = allProcesses()
  const browser = all.find((pid) => commandOf(pid).includes(`-profile\0${profile}`))
  if (browser === undefined) return []
  const isOfBrowser = (pid: number): boolean => pid === browser || (pid > 1 && isOfBrowser(parentOf(pid)))
  return [browser, ...all.filter((pid) => pid !== browser && isOfBrowser(pid))]
}

/** A way to start this Firefox that outlives its tabs: Playwright tells it to end with the first that crashes, by a variable of the environment. */
async function startThatOutlivesTabs(executablePath: string, profile: string): Promise<string> {
  const script = path.join(profile, 'start')
  await writeFile(script, `#!/bin/sh\nunset MOZ_CRASHREPORTER_SHUTDOWN\nexec "${executablePath}" "$@"\n`, { mode: 0o755 })
  return script
}

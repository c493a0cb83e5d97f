import { defineConfig } from 'vitest/config'
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config'
import type { BrowserProviderOption } from 'vitest/node'
import type { Engine } from './test/browser/find-browser.ts'
import { backEnds } from './test/store/engines/back-ends.ts'
import type { BackEnd } from './test/store/engines/back-ends.ts'
import { clearSiteData } from './test/store/engines/clear-site-data.ts'
import { inPlaywright } from './test/store/engines/playwright.ts'
import { inWebKitGtk } from './test/store/engines/webkitgtk.ts'

/** Long enough for a machine that does much else; what is so is seen at once all the same. */
const PATIENT = { expect: { poll: { timeout: 20_000 } } }

/** Tests that drive a real browser: one file at a time, on machines with few cores. */
function inBrowser(
  name: string,
  include: string[],
  groupOrder: number,
  globalSetup = 'test/browser/setup.ts',
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include,
      globalSetup,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      fileParallelism: false,
      sequence: { groupOrder },
      ...PATIENT,
    },
  }
}

interface EngineRun {
  readonly browser: Engine
  readonly provider: BrowserProviderOption
  readonly backEnd: BackEnd
  readonly groupOrder: number
}

/** The store's suite inside a real engine: one file at a time, in one page. */
function storeIn(name: string, { browser, provider, backEnd, groupOrder }: EngineRun): TestProjectInlineConfiguration {
  return {
    plugins: [clearSiteData()],
    // Found before the tests begin: what is found on the way makes Vite load the page again.
    optimizeDeps: { include: ['idb'] },
    test: {
      name,
      include: ['test/store/*.test.ts', 'test/store/in-browser/*.test.ts'],
      provide: { backEnd },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      fileParallelism: false,
      sequence: { groupOrder },
      browser: {
        enabled: true,
        headless: true,
        provider,
        instances: [{ browser }],
        commands: { backEnds },
        api: { host: '127.0.0.1' },
        screenshotFailures: false,
      },
    },
  }
}

/** Of Chromium's files those that need no more of a driver than to run functions in pages. */
const IN_WEBKIT = [
  'main-job',
  'groups',
  'kept-by-the-disk',
  'worker-life',
  'killed-workers',
  'service-worker',
  'identity',
  'requests',
  'batches',
  'bodies',
  'encryption',
  'blocked-storage',
  'consumers',
  'pipelines',
  'upload-progress',
].map((name) => `test/browser/${name}.test.ts`)

const sqliteInChromium = 'features=IdbSqliteBackingStore'
const leveldb = inPlaywright('chromium', [`--disable-${sqliteInChromium}`])
const sqlite = inPlaywright('chromium', [`--enable-${sqliteInChromium}`])

const config: ViteUserConfig = defineConfig({
  test: {
    // Vitest leaves one processor free, which of two is half.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          // Long enough for a machine that does much else: nothing in here waits for time.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'] },
          sequence: { groupOrder: 0 },
          ...PATIENT,
        },
      },
      {
        test: { name: 'model', include: ['test/model/*.test.ts'], sequence: { groupOrder: 0 } },
      },
      {
        test: {
          name: 'store-node',
          include: ['test/store/*.test.ts'],
          setupFiles: ['fake-indexeddb/auto'],
          sequence: { groupOrder: 0 },
        },
      },
      storeIn('store-leveldb', { browser: 'chromium', provider: leveldb, backEnd: 'leveldb', groupOrder: 1 }),
      storeIn('store-sqlite', { browser: 'chromium', provider: sqlite, backEnd: 'sqlite', groupOrder: 2 }),
      storeIn('store-firefox', { browser: 'firefox', provider: inPlaywright('firefox'), backEnd: 'sqlite', groupOrder: 3 }),
      storeIn('store-webkit', { browser: 'webkit', provider: inWebKitGtk(), backEnd: 'sqlite', groupOrder: 4 }),
      inBrowser('chromium', ['test/browser/**/*.test.ts'], 5),
      inBrowser('package', ['test/package/**/*.test.ts'], 6),
      // The same files as Chromium's, but for the demo's and its examples': what it lacks is skipped one by one, with the reason.
      inBrowser('firefox', ['test/browser/!(demo*|examples*).test.ts', 'test/firefox/**/*.test.ts'], 8, 'test/firefox/setup.ts'),
      inBrowser('webkit', [...IN_WEBKIT, 'test/webkit/**/*.test.ts'], 7, 'test/webkit/setup.ts'),
    ],
  },
})

export default config

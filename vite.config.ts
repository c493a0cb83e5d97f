import { defineConfig } from 'vitest/config'
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config'

/** Tests that drive a real browser: one file at a time, on machines with few cores. */
function inBrowser(name: string, include: string, groupOrder: number): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [include],
      globalSetup: 'test/browser/setup.ts',
      testTimeout: 60_000,
      hookTimeout: 60_000,
      fileParallelism: false,
      sequence: { groupOrder },
    },
  }
}

const config: ViteUserConfig = defineConfig({
  test: {
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
        },
      },
      inBrowser('chromium', 'test/browser/**/*.test.ts', 1),
      inBrowser('package', 'test/package/**/*.test.ts', 2),
    ],
  },
})

export default config

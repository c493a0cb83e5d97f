import type { UserConfig } from 'tsdown'

const shared = { format: 'esm', platform: 'browser', target: 'es2022', sourcemap: true, outDir: 'dist' } as const

const config: UserConfig[] = [
  {
    ...shared,
    entry: ['src/index.ts', 'src/worker.ts', 'src/service-worker.ts', 'src/in-place.ts', 'src/form.ts', 'src/outbox.ts', 'src/receiver.ts'],
    dts: true,
    clean: true,
    publint: true,
    attw: { profile: 'esm-only' },
  },
  {
    ...shared,
    // Self-contained: bundlers copy a worker's file as it is, and its imports would lead nowhere.
    entry: ['src/auto-worker.ts'],
    dts: true,
    clean: false,
    deps: { alwaysBundle: [/.*/], onlyBundle: ['comlink', 'idb'] },
    minify: true,
  },
]

export default config

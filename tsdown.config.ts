import { build } from 'esbuild'
import type { UserConfig } from 'tsdown'

const shared = { format: 'esm', platform: 'browser', target: 'es2022', sourcemap: true, outDir: 'dist' } as const

/** The ready-made worker as the text of a classic script, which every engine starts from a blob. */
const inlineWorker = {
  name: 'inline-worker',
  async load(id: string) {
    if (!id.endsWith('/src/inline-worker.ts')) return undefined
    const entry = id.replace('inline-worker.ts', 'auto-worker.ts')
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      write: false,
    })
    return `export const source: string = ${JSON.stringify(outputFiles[0]!.text)}`
  },
}

const config: UserConfig[] = [
  {
    ...shared,
    entry: [
      'src/index.ts',
      'src/worker.ts',
      'src/service-worker.ts',
      'src/in-place.ts',
      'src/inline-worker.ts',
      'src/form.ts',
      'src/outbox.ts',
      'src/receiver.ts',
    ],
    dts: true,
    clean: true,
    publint: true,
    attw: { profile: 'esm-only' },
    plugins: [inlineWorker],
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

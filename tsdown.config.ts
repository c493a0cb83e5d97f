import { readFile } from 'node:fs/promises'
import { build } from 'esbuild'
import type { UserConfig } from 'tsdown'

const shared = { format: 'esm', platform: 'browser', target: 'es2022', sourcemap: true, outDir: 'dist' } as const

/** Workers as the text of a classic script, which every engine starts from a blob: `x-text.ts` is that of `x.ts`. */
const workerTexts = {
  name: 'worker-texts',
  async load(id: string) {
    const [, entry] = /^(.*\/src\/[\w-]+-worker)-text\.ts$/.exec(id) ?? []
    if (entry === undefined) return undefined
    const { outputFiles } = await build({
      entryPoints: [`${entry}.ts`],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      write: false,
    })
    return `export const source: string = ${JSON.stringify(outputFiles[0]!.text)}`
  },
}

/** What is bundled into workers comes with its licence. */
const licences = {
  name: 'licences',
  async generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown }) {
    const texts = ['comlink', 'idb', 'fake-indexeddb'].map(
      async (name) => `${name}\n\n${await readFile(`node_modules/${name}/LICENSE`, 'utf8')}`,
    )
    this.emitFile({ type: 'asset', fileName: 'third-party-licences.txt', source: (await Promise.all(texts)).join('\n\n') })
  },
}

const config: UserConfig[] = [
  {
    ...shared,
    entry: [
      'src/index.ts',
      'src/worker.ts',
      'src/consumer.ts',
      'src/service-worker.ts',
      'src/in-place.ts',
      'src/handling.ts',
      'src/auto-worker-text.ts',
      'src/memory-worker-text.ts',
      'src/form.ts',
      'src/outbox.ts',
      'src/receiver.ts',
    ],
    dts: true,
    clean: true,
    publint: true,
    attw: { profile: 'esm-only' },
    plugins: [workerTexts, licences],
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

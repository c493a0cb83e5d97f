import { copyFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import type { Contender } from './contenders.ts'

export interface Folders {
  /** The repository. */
  readonly root: string
  /** `bench/` in it. */
  readonly bench: string
  /** Where the pages are built. */
  readonly site: string
}

/** What a page loads only where it is needed: none that has a worker from a file, and an endpoint, does. */
const LATER = ['in-place', 'handling', 'auto-worker-text', 'memory-worker-text']

function options({ root, bench }: Folders): BuildOptions {
  return {
    absWorkingDir: bench,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    // The library as it is shipped.
    alias: { holdfast: path.join(root, 'dist/index.js'), 'holdfast/auto-worker': path.join(root, 'dist/auto-worker.js') },
    logLevel: 'warning',
    external: LATER.map((name) => `./${name}.js`).concat('croner'),
  }
}

/** Builds a module for each contender, the page that runs it, and Holdfast once more for the profile: from its source, names left whole. */
export async function buildSite(folders: Folders): Promise<void> {
  const { root, bench, site } = folders
  const modules = (await readdir(path.join(bench, 'contenders'))).filter((name) => !name.includes('service-worker'))
  await build({
    ...options(folders),
    entryPoints: ['page/main.ts', 'contenders/workbox.service-worker.ts'],
    outdir: site,
    entryNames: '[name]',
  })
  await build({ ...options(folders), entryPoints: modules.map((name) => `contenders/${name}`), outdir: path.join(site, 'contenders') })
  await build({
    ...options(folders),
    entryPoints: [path.join(bench, 'contenders/holdfast.ts'), path.join(root, 'src/auto-worker.ts')],
    outdir: path.join(site, 'profiled'),
    entryNames: '[name]',
    minify: false,
    alias: { holdfast: path.join(root, 'src/index.ts') },
    external: LATER.map((name) => `../${name}.ts`).concat('croner'),
  })
  // Where the README tells users of esbuild to put it: beside what imports it.
  await copyFile(path.join(root, 'dist/auto-worker.js'), path.join(site, 'contenders/auto-worker.js'))
}

export interface Bytes {
  readonly page: number
  readonly worker?: number
}

/** What a contender adds to a page and to a worker, minified and gzipped, with all that it needs. */
export async function bytesOf(folders: Folders, { bytes }: Contender): Promise<Bytes | undefined> {
  if (!bytes) return undefined
  const page = await gzipped(folders, bytes.page)
  return bytes.worker === undefined ? { page } : { page, worker: await gzipped(folders, bytes.worker) }
}

async function gzipped(folders: Folders, source: string): Promise<number> {
  const stdin = { contents: source, resolveDir: folders.bench }
  const { outputFiles } = await build({ ...options(folders), stdin, write: false, outdir: folders.site })
  const [file] = outputFiles
  return file && file.contents.byteLength > 0 ? gzipSync(file.contents, { level: 9 }).byteLength : 0
}

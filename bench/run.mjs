// What `npm run bench` does: installs what it compares with, builds the library, and runs the bench. `npm run bench -- --help` says more.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
const bench = path.join(root, 'bench')
process.chdir(root)

/** @type {(command: string, folder?: string) => void} */
function run(command, folder = root) {
  const { status } = spawnSync(command, { cwd: folder, stdio: 'inherit', shell: true })
  if (status !== 0) process.exit(status ?? 1)
}

const isHelp = process.argv.includes('--help')
const isReport = process.argv.includes('--report')
if (!existsSync(path.join(bench, 'node_modules'))) run('npm ci', bench)
if (!isHelp && !isReport) {
  run('npx tsc -p bench')
  run('npm run --silent build')
}

// The runner is TypeScript, as everything is, and Node 20 is to run it.
const outfile = path.join(bench, 'dist/runner.mjs')
const entryPoints = [path.join(bench, 'runner/main.ts')]
await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' })
await import(pathToFileURL(outfile).href)

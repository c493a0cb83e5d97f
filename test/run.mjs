// What `npm test` runs once everything is installed: builds, checks, measures sizes, and runs every test. With `engines`, what
// `npm run test:engines` runs: the store's and the browser's suites in the engines that are not Chromium, and what was skipped, with the reason. The last line counts.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

/** Projects of vite.config.ts; one of which nothing ran is a failure. */
const PROJECTS = ['node', 'model', 'store-node', 'store-leveldb', 'store-sqlite', 'chromium', 'package']
/** Those of engines that not every system can have; one that it cannot is skipped, but not all of them. */
const ENGINES = /** @type {const} */ ({ firefox: ['store-firefox', 'firefox'], webkit: ['store-webkit', 'webkit'] })

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Count */

/**
 * @param {string} title
 * @param {string[]} command
 * @returns {Promise<boolean>}
 */
function run(title, [command = '', ...args]) {
  console.log(`\n— ${title}`)
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

/**
 * Runs the tests of one project, and counts them from the report, not from the words on the screen.
 *
 * @param {string} project
 * @param {string} folder
 * @returns {Promise<Count>}
 */
async function test(project, folder) {
  const report = path.join(folder, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const isGreen = await run(`tests: ${project}`, ['npx', 'vitest', 'run', '--project', project, ...reporters])
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(await readFile(report, 'utf8'))
    const skipped = testResults
      .flatMap((/** @type {any} */ file) => file.assertionResults)
      .filter((/** @type {any} */ { status }) => !['passed', 'failed'].includes(status))
    // A file that fails to load, or an error outside of any test, is a failure that no test counts.
    const failed = Math.max(numFailedTests, isGreen && numPassedTests > 0 ? 0 : 1)
    return { passed: numPassedTests, failed, skipped: skipped.map((/** @type {any} */ { fullName }) => `${project}: ${fullName}`) }
  } catch {
    return { passed: 0, failed: 1, skipped: [] }
  }
}

/**
 * Finds a browser, once for all the runs that need it.
 *
 * @param {import('./browser/find-browser.ts').Engine} engine
 */
async function find(engine) {
  // TypeScript, which Node 20 does not run by itself.
  const file = fileURLToPath(new URL('browser/find-browser.ts', import.meta.url))
  /** @type {{ module: typeof import('./browser/find-browser.ts') }} */
  const { module } = await runnerImport(file, { configFile: false, logLevel: 'warn' })
  const { executablePath } = await module.findBrowser(engine, (line) => console.log(`[browser] ${line}`))
  process.env[module.variableOf(engine)] = executablePath
}

/** @param {string} folder */
async function everything(folder) {
  addOne(await run('build', ['npm', 'run', '--silent', 'build']))
  addOne(await run('build of the demo', ['npm', 'run', '--silent', 'build:demo']))
  addOne(await run('types, lint, format, unused code', ['npm', 'run', '--silent', 'check']))
  addOne(await run('sizes', ['npm', 'run', '--silent', 'size']))
  console.log('\n— a browser')
  // Where there is none, the tests that need it fail and say why.
  await find('chromium').catch((error) => console.log(error.message))
  for (const project of PROJECTS) add(await test(project, folder))
}

/** @param {string} folder */
async function engines(folder) {
  addOne(await run('build', ['npm', 'run', '--silent', 'build']))
  let ran = 0
  for (const engine of /** @type {(keyof typeof ENGINES)[]} */ (Object.keys(ENGINES))) {
    console.log(`\n— ${engine}`)
    try {
      await find(engine)
    } catch (error) {
      total.skipped.push(`${ENGINES[engine].join(', ')}: ${error instanceof Error ? error.message : String(error)}`)
      continue
    }
    for (const project of ENGINES[engine]) add(await test(project, folder))
    ran += 1
  }
  if (ran > 0) return
  console.log('No engine ran, which shows nothing')
  addOne(false)
}

/** @type {Count} */
const total = { passed: 0, failed: 0, skipped: [] }
/** @param {Count} count */
const add = ({ passed, failed, skipped }) => {
  total.passed += passed
  total.failed += failed
  total.skipped.push(...skipped)
}
/** @param {boolean} isGreen */
const addOne = (isGreen) => add({ passed: isGreen ? 1 : 0, failed: isGreen ? 0 : 1, skipped: [] })

const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-report-'))
await (process.argv[2] === 'engines' ? engines(folder) : everything(folder))
await rm(folder, { recursive: true })

for (const name of total.skipped) console.log(`skipped: ${name}`)
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ''}`)
process.exit(total.failed === 0 ? 0 : 1)

// What `npm test` runs once everything is installed: builds, checks, measures sizes, and runs every test. The last line counts.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Projects of vite.config.ts; one of which nothing ran is a failure. */
const PROJECTS = ['node', 'chromium', 'package']

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
addOne(await run('build', ['npm', 'run', '--silent', 'build']))
addOne(await run('build of the demo', ['npm', 'run', '--silent', 'build:demo']))
addOne(await run('types, lint, format, unused code', ['npm', 'run', '--silent', 'check']))
addOne(await run('sizes', ['npm', 'run', '--silent', 'size']))
for (const project of PROJECTS) add(await test(project, folder))
await rm(folder, { recursive: true })

for (const name of total.skipped) console.log(`skipped: ${name}`)
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ''}`)
process.exit(total.failed === 0 ? 0 : 1)

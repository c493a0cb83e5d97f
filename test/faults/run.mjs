// What `npm run test:faults` runs: each patch in this folder is a fault that must be caught, by the model test, or where its name begins with that of a feature, by the tests of that.
// It is applied to a copy of the working tree, and those are run there; where all pass, or a patch does not apply, it is a failure. With names, only those.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COPIED = ['src', 'test', 'package.json', 'tsconfig.json', 'vite.config.ts']
const TEST = ['vitest', 'run', '--project', 'model', '--reporter=json']
/** Those that begin so are to be caught where there are consumers. */
const OF_LEASES = /^lease-/

/** Those that begin so are to be caught by these tests of one feature: no history of the model has any of it. */
const OF_FEATURES = /** @type {const} */ ({
  'answer-': ['answers', 'answer-option', 'malicious-answers'],
  'batch-': ['batches', 'batch-answers', 'batch-messages'],
  'body-': ['contents'],
  'compression-': ['compression'],
  'encryption-': ['encryption'],
  'receiver-': ['receiver', 'receiver-batches', 'receiver-content'],
})

/**
 * What runs the tests that are to catch a fault.
 *
 * @param {string} patch
 * @returns {{ args: string[], isOfModel: boolean }}
 */
function testsOf(patch) {
  const files = Object.entries(OF_FEATURES).find(([feature]) => patch.startsWith(feature))?.[1]
  if (!files) return { args: OF_LEASES.test(patch) ? [...TEST, 'test/model/consumers.test.ts'] : TEST, isOfModel: true }
  const args = ['vitest', 'run', '--project', 'node', '--typecheck.enabled=false', '--reporter=json']
  return { args: [...args, ...files.map((file) => `test/node/${file}.test.ts`)], isOfModel: false }
}

/**
 * What a test says of a fault. Only that counts: a patch that does not even load would be caught by anything.
 *
 * @param {string} output
 * @param {boolean} isOfModel
 * @returns {string | undefined}
 */
function saidOf(output, isOfModel) {
  if (isOfModel) return /"failureMessages":\["(?:AssertionError: )?(.*?)\\n\s*MODEL_SEED/.exec(output)?.[1]
  // Where none passes, it is not the fault that they have found.
  return output.includes('"status":"passed"') ? /"fullName":"((?:[^"\\]|\\.)*)","status":"failed"/.exec(output)?.[1] : undefined
}

/**
 * @param {string} folder
 * @param {string} command
 * @param {string[]} args
 * @param {string} input
 * @returns {Promise<{ isGood: boolean, output: string }>}
 */
function run(folder, command, args, input = '') {
  return new Promise((resolve, reject) => {
    const env = { MODEL_RUNS: '1000', ...process.env, MODEL_SHRINKS: '0', GIT_CEILING_DIRECTORIES: path.dirname(folder) }
    const child = spawn(command, args, { cwd: folder, env, shell: process.platform === 'win32' })
    let output = ''
    child.stdout.on('data', (/** @type {Buffer} */ data) => (output += data.toString()))
    child.stderr.on('data', (/** @type {Buffer} */ data) => (output += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ isGood: code === 0, output }))
    child.stdin.end(input)
  })
}

/**
 * @param {string} patch
 * @returns {Promise<{ isCaught: boolean, why: string }>}
 */
async function tryFault(patch) {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-fault-'))
  try {
    for (const name of COPIED) await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true })
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
    const applied = await run(folder, 'git', ['apply', '-'], await readFile(path.join(ROOT, 'test/faults', patch), 'utf8'))
    if (!applied.isGood) return { isCaught: false, why: `does not apply: ${applied.output}` }
    const { args, isOfModel } = testsOf(patch)
    const { isGood, output } = await run(folder, 'npx', args)
    const said = saidOf(output, isOfModel)
    if (said) return { isCaught: true, why: said.slice(0, 160) }
    return { isCaught: false, why: isGood ? 'its tests pass' : `its tests do not run: ${output.slice(-2_000)}` }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const wanted = process.argv.slice(2)
const all = (await readdir(path.join(ROOT, 'test/faults'))).filter((name) => name.endsWith('.patch')).toSorted()
const patches = all.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
const waiting = [...patches]
let missed = 0

async function work() {
  for (let patch = waiting.shift(); patch !== undefined; patch = waiting.shift()) {
    const { isCaught, why } = await tryFault(patch)
    if (!isCaught) missed += 1
    console.log(`${isCaught ? 'caught    ' : 'NOT caught'}  ${patch.replace('.patch', '')}: ${why}`)
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
console.log(`\n${patches.length - missed} of ${patches.length} faults were caught`)
process.exit(missed === 0 && patches.length > 0 ? 0 : 1)

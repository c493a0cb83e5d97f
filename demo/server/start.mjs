import { fileURLToPath } from 'node:url'
import { startServer } from './server.mjs'

/**
 * The first port that is tried. The origin is the key to what a browser has stored, so it should be the same each time, and no tool's
 * default: the page's service worker stays, and would answer for what is served there next.
 */
const PORT = 4871

/** How many more are tried. */
const MORE_PORTS = 20

/** How long the server takes over an order, in milliseconds: so that a person can watch. */
const PACE = 40

const directory = fileURLToPath(new URL('../dist', import.meta.url))

const server = await startOnFreePort(PORT)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

console.log(`
  Holdfast demo    ${server.url}
  orders go to     ${placesFor(server.port).receivedFile}
  photographs to   ${placesFor(server.port).proofsDirectory}

  Ctrl+C stops the server. The page goes on without it.
`)
if (server.port !== PORT) {
  console.log(`  Port ${PORT} is taken. Browsers keep what they store by address: what was placed there is still there.\n`)
}

/**
 * @param {number} port
 * @returns {Promise<import('./server.mjs').RunningServer>}
 */
async function startOnFreePort(port) {
  try {
    return await startServer({ port, directory, ...placesFor(port), pace: PACE })
  } catch (error) {
    if (!isPortTaken(error) || port === PORT + MORE_PORTS) throw error
    return startOnFreePort(port + 1)
  }
}

/**
 * Two servers must not write to one file.
 *
 * @param {number} port
 */
function placesFor(port) {
  const suffix = port === PORT ? '' : `-${port}`
  /** @param {string} name */
  const received = (name) => fileURLToPath(new URL(`../received/${name}`, import.meta.url))
  return { receivedFile: received(`orders${suffix}.jsonl`), proofsDirectory: received(`proofs${suffix}`) }
}

/** @param {unknown} error */
function isPortTaken(error) {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

async function stop() {
  await server.close()
  process.exit(0)
}

import { createServer } from 'node:http'
import { basename } from 'node:path'
import { Ledger } from './ledger.mjs'
import { openKeptProofs } from './kept-proofs.mjs'
import { LiveState } from './live-state.mjs'
import { Meter } from './meter.mjs'
import { NoteDesk } from './note-desk.mjs'
import { ordersEndpoint } from './orders-endpoint.mjs'
import { ProofDesk } from './proof-desk.mjs'
import { openReceivedOrders } from './received-orders.mjs'
import { staticFiles } from './static-files.mjs'
import { Switchboard } from './switchboard.mjs'
import { readText } from './web-adapter.mjs'

/** @import { IncomingMessage, Server, ServerResponse } from 'node:http' */
/** @import { ServerState } from '../src/server-state.ts' */

/** What a request's path is resolved against, to be parsed. */
const BASE = 'http://localhost'

/**
 * @typedef {object} ServerOptions
 * @property {number} port 0 takes any that is free
 * @property {string} directory the built page
 * @property {string} receivedFile where accepted orders are written, one JSON text a line, and read at the start
 * @property {string} proofsDirectory where photographs are kept, and found at the start
 * @property {number} [pace] how long the server takes over an order, in milliseconds; 0 by default
 */

/**
 * @typedef {object} RunningServer
 * @property {string} url
 * @property {number} port
 * @property {() => Promise<void>} close ends open connections too
 */

/** @typedef {(request: IncomingMessage, response: ServerResponse) => Promise<void> | void} Route */

/**
 * The demo's server: the page's files, the endpoint that receives orders, and what the page needs to watch it and to play tricks on it.
 * On 127.0.0.1 only.
 *
 * @param {ServerOptions} options
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ port, directory, receivedFile, proofsDirectory, pace = 0 }) {
  const switchboard = new Switchboard()
  const serveFile = await staticFiles(directory)
  const { store, earlier } = await openReceivedOrders(receivedFile)
  const ledger = new Ledger(earlier)
  const proofs = await openKeptProofs(proofsDirectory)
  const changed = () => live.changed()
  const noteDesk = new NoteDesk({ switchboard, changed })
  const proofDesk = new ProofDesk({ switchboard, store: proofs, changed })
  /** @type {LiveState<ServerState>} */
  const live = new LiveState(() => ({
    switches: switchboard.state,
    ...ledger.state(),
    note: noteDesk.note,
    proofs: proofs.newest,
    file: basename(receivedFile),
  }))
  const meter = new Meter()
  const receiveOrder = ordersEndpoint({ switchboard, ledger, store, pace, changed })

  /** @type {Record<string, Route>} */
  const routes = {
    '/api/orders': receiveOrder,
    '/api/note': (request, response) => noteDesk.receive(request, response),
    '/api/proofs': (request, response) => proofDesk.receive(request, response),
    '/api/photograph': (request, response) => proofDesk.show(request, response),
    '/api/meter': (request, response) => meter.receive(request, response),
    '/api/meter/state': (_request, response) => meter.open(response),
    '/api/state': (_request, response) => live.open(response),
    '/api/switches': async (request, response) => {
      const isTaken = request.method === 'PUT' && switchboard.set(await readText(request))
      live.changed()
      response.writeHead(isTaken ? 204 : 400).end()
    },
  }

  const server = createServer(async (request, response) => {
    const url = request.url ?? '/'
    // "//", for one, is none.
    if (!URL.canParse(url, BASE)) return void response.writeHead(400).end()
    try {
      const { pathname } = new URL(url, BASE)
      await (routes[pathname] ?? serveFile)(request, response)
    } catch (error) {
      console.error(error)
      response.destroy()
    }
  })

  const taken = await listen(server, port)
  return {
    url: `http://127.0.0.1:${taken}/`,
    port: taken,
    async close() {
      live.close()
      meter.close()
      switchboard.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await store.close()
    },
  }
}

/**
 * @param {Server} server
 * @param {number} port
 * @returns {Promise<number>} the port that it got
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

import { Readable } from 'node:stream'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

/**
 * Node's request as the web's. Frameworks bring such an adapter along; a plain Node server needs these lines.
 *
 * @param {IncomingMessage} incoming
 * @returns {Request}
 */
export function toRequest(incoming) {
  const { method = 'GET', url = '/', headersDistinct } = incoming
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) for (const value of values) headers.append(name, value)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? { body: /** @type {ReadableStream} */ (Readable.toWeb(incoming)), duplex: 'half' } : {}
  return new Request(new URL(url, 'http://localhost'), { method, headers, ...body })
}

/**
 * @param {ServerResponse} outgoing
 * @param {Response} response
 */
export async function sendResponse(outgoing, response) {
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.end(new Uint8Array(await response.arrayBuffer()))
}

/**
 * @param {IncomingMessage} incoming
 * @returns {Promise<string>}
 */
export async function readText(incoming) {
  return toRequest(incoming).text()
}

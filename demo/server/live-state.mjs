/** @import { ServerResponse } from 'node:http' */

/** At most one event in this time, in milliseconds, however many orders come in. */
const INTERVAL = 100

/**
 * Tells pages what the server is like, and again whenever that changes, as server-sent events: each is the whole state, so that a page
 * that missed some has missed nothing. See https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @template State
 */
export class LiveState {
  /** @type {Set<ServerResponse>} */
  #pages = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #read

  /** @param {() => State} read */
  constructor(read) {
    this.#read = read
  }

  /** @param {ServerResponse} response */
  open(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(`retry: 1000\n${this.#event()}`)
    this.#pages.add(response)
    response.on('close', () => this.#pages.delete(response))
  }

  changed() {
    this.#timer ??= setTimeout(() => this.#tell(), INTERVAL)
  }

  close() {
    clearTimeout(this.#timer)
    for (const page of this.#pages) page.end()
  }

  #tell() {
    this.#timer = undefined
    const event = this.#event()
    for (const page of this.#pages) page.write(event)
  }

  #event() {
    return `data: ${JSON.stringify(this.#read())}\n\n`
  }
}

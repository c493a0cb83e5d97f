import { createReceiver, problem } from 'holdfast/receiver'
import { sendResponse, toRequest } from './web-adapter.mjs'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ServerState } from '../src/server-state.ts' */

/** @typedef {{ switchboard: import('./switchboard.mjs').Switchboard, changed: () => void }} DeskOptions */

/** Where notes to dispatch arrive: the last one counts, so that nothing need be remembered beyond it. */
export class NoteDesk {
  /** @type {ServerState['note']} */
  note = { text: '', arrivals: 0 }
  #switchboard
  #receive

  /** @param {DeskOptions} options */
  constructor({ switchboard, changed }) {
    this.#switchboard = switchboard
    this.#receive = createReceiver({
      handle: ({ body }) => {
        if (!isNote(body)) return problem(422, 'Expected a note')
        this.note = { text: body.text, arrivals: this.note.arrivals + 1 }
        changed()
        return { arrivals: this.note.arrivals }
      },
    })
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  async receive(incoming, outgoing) {
    if (this.#switchboard.state.away) return void incoming.socket.destroy()
    await sendResponse(outgoing, await this.#receive(toRequest(incoming)))
  }
}

/**
 * @param {unknown} body
 * @returns {body is import('../src/note.ts').DispatchNote}
 */
function isNote(body) {
  return typeof body === 'object' && body !== null && 'text' in body && typeof body.text === 'string'
}

import { mkdir, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/**
 * Where accepted orders are written, one JSON text a line.
 *
 * @typedef {object} ReceivedFile
 * @property {string} name
 * @property {(record: object) => Promise<void>} append resolves when the line is in the file
 * @property {() => Promise<void>} close
 */

/**
 * @param {string} path
 * @returns {Promise<ReceivedFile>}
 */
export async function openReceivedFile(path) {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a')
  return {
    name: basename(path),
    async append(record) {
      await file.appendFile(`${JSON.stringify(record)}\n`)
    },
    close: () => file.close(),
  }
}

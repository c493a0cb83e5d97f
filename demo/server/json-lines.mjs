import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * A file of records, one JSON text a line, to which more are appended.
 *
 * @template {object} T
 */
export class JsonLines {
  #path
  /** Of all whole lines, in bytes. */
  #length
  /** One write at a time: lines must not run into each other. @type {Promise<unknown>} */
  #lastWrite = Promise.resolve()

  /**
   * @param {string} path
   * @param {number} length
   */
  constructor(path, length) {
    this.#path = path
    this.#length = length
  }

  /**
   * Resolves when the record is on disk.
   *
   * @param {T} record
   */
  append(record) {
    const written = this.#lastWrite.then(() => this.#write(Buffer.from(`${JSON.stringify(record)}\n`)))
    this.#lastWrite = written.catch(() => {})
    return written
  }

  async close() {
    await this.#lastWrite
  }

  /** @param {Buffer} line */
  async #write(line) {
    // Half a line that was left behind, by a full disk or by a server that ended, must not become part of this one.
    await truncate(this.#path, this.#length)
    await appendFile(this.#path, line, { flush: true })
    this.#length += line.length
  }
}

/**
 * Reads what is in a file, or makes one. Half a line at the end does not count: who was writing it had not yet said that it is on disk.
 *
 * @param {string} path
 */
export async function openJsonLines(path) {
  await mkdir(dirname(path), { recursive: true })
  const text = await readFile(path, { encoding: 'utf8', flag: 'a+' })
  const lines = text.split('\n').slice(0, -1)
  const length = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1))
  return { file: new JsonLines(path, length), records: lines.map((line) => JSON.parse(line)) }
}

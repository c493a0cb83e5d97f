import { CHUNK, isSpooled } from '../message/spooled.ts'
import type { Spooled, StoredBody, WholeBody } from '../message/spooled.ts'
import type { WireBody } from '../protocol/host.ts'
import { messageOf, readChunk } from '../queue/bodies.ts'
import type { Connection } from '../queue/connection.ts'

/** Above this, in bytes, a body is put together in a file: a `Blob` of it would lie in the memory of the browser. */
const LARGEST_IN_MEMORY = 16 * CHUNK

/** Where bodies that are being sent are put together. */
export interface Folder {
  /** Nothing where there are no files. Rejects where there is no such folder, and none is to be made. */
  readonly get: (make: boolean) => Promise<FileSystemDirectoryHandle | undefined>
  /** Removes it. Rejects where there is none. */
  readonly clear: () => Promise<void>
}

export interface BodiesOptions {
  readonly connection: Connection
  readonly folder: Folder
}

/** The bodies of messages that are being sent. Each is read for an attempt, and let go after it. */
export class Bodies {
  readonly #options: BodiesOptions

  constructor(options: BodiesOptions) {
    this.#options = options
  }

  /** A body, whole; nothing where some of it is gone. */
  async load(body: StoredBody): Promise<WholeBody | undefined> {
    const { connection } = this.#options
    const isFile = isSpooled(body) && body.size > LARGEST_IN_MEMORY
    // Where there is no room for it twice, memory is the better place.
    return (isFile && (await this.#file(body).catch(() => undefined))) || wholeBody(connection, body)
  }

  /** Its attempt is over. */
  async free(body: StoredBody): Promise<void> {
    if (!isSpooled(body) || body.size <= LARGEST_IN_MEMORY) return
    const folder = await this.#options.folder.get(false)
    await folder?.removeEntry(body.spool)
  }

  async #file(body: Spooled): Promise<Blob | undefined> {
    const folder = await this.#options.folder.get(true)
    const file = await folder?.getFileHandle(body.spool, { create: true })
    const writing = await file?.createWritable()
    if (!file || !writing) return undefined
    for await (const bytes of chunksOf(this.#options.connection, body)) await writing.write(bytes)
    await writing.close()
    const whole = await file.getFile()
    return whole.size === body.size ? whole : undefined
  }
}

/** A body, whole; nothing where some of it is gone. */
export async function wholeBody(connection: Connection, body: StoredBody): Promise<WholeBody | undefined> {
  if (!isSpooled(body)) return body
  const parts: Blob[] = []
  // One chunk in this thread's memory at a time: what is in a `Blob` is the browser's to keep.
  for await (const bytes of chunksOf(connection, body)) parts.push(new Blob([bytes]))
  const whole = new Blob(parts)
  return whole.size === body.size ? whole : undefined
}

/** The body of a message that waits or is dead, with what that is. */
export async function bodyOf(connection: Connection, id: string): Promise<WireBody | undefined> {
  const message = await messageOf(connection, id)
  const body = message && (await wholeBody(connection, message.body))
  if (body === undefined) return undefined
  const { content, request } = message!
  return { body, ...(content && { content }), ...(request && { request }) }
}

/** As far as they are there. */
async function* chunksOf(connection: Connection, { spool, chunks }: Spooled): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let number = 0; number < chunks; number++) {
    const bytes = await readChunk(connection, spool, number)
    if (!bytes) return
    yield bytes
  }
}

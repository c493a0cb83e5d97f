import type { Message } from '../message/message.ts'
import { CHUNK, isSpooled } from '../message/spooled.ts'
import type { Spooled, WholeBody } from '../message/spooled.ts'
import type { WireBody } from '../protocol/host.ts'
import { messageOf, readChunk } from '../queue/bodies.ts'
import type { Connection } from '../queue/connection.ts'
import { Undecryptable } from './vault.ts'
import type { Sealable, Vault } from './vault.ts'

/** Above this, in bytes, a body is put together in a file: a `Blob` of it would lie in the memory of the browser. */
const LARGEST_IN_MEMORY = 16 * CHUNK

/** Where bodies that are being sent are put together. */
export interface Folder {
  /** Nothing where there are no files. Rejects where there is no such folder, and none is to be made. */
  readonly get: (make: boolean) => Promise<FileSystemDirectoryHandle | undefined>
  /** Removes it. Rejects where there is none. */
  readonly clear: () => Promise<void>
}

/** Where bodies lie, and what opens those that are encrypted. */
interface Stored {
  readonly connection: Connection
  readonly vault: Vault
}

export interface BodiesOptions extends Stored {
  readonly folder: Folder
}

/** The bodies of messages that are being sent. Each is read for an attempt, and let go after it. */
export class Bodies {
  readonly #options: BodiesOptions

  /** Resolves when what a leader before has left is gone. */
  readonly #cleared: Promise<void>

  constructor(options: BodiesOptions) {
    this.#options = options
    this.#cleared = options.folder.clear().catch(() => {})
  }

  /** The body of a message, whole; nothing where some of it is gone. */
  async load(message: Sealable): Promise<WireBody | undefined> {
    const { body, sealed } = message
    // What is encrypted does not lie on the disk in clear for that.
    const isFile = !sealed && isSpooled(body) && body.size > LARGEST_IN_MEMORY
    // Where there is no room for it twice, memory is the better place.
    const file = isFile && (await this.#file(body).catch(() => undefined))
    return file ? withKind(file, message) : wholeBody(this.#options, message)
  }

  /** Its attempt is over. */
  async free({ body, sealed }: Message): Promise<void> {
    if (sealed || !isSpooled(body) || body.size <= LARGEST_IN_MEMORY) return
    const folder = await this.#options.folder.get(false)
    await folder?.removeEntry(body.spool)
  }

  async #file(body: Spooled): Promise<Blob | undefined> {
    await this.#cleared
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

/**
 * The body of a message, whole, with what that is; nothing where some of it is gone.
 *
 * @throws as the vault does.
 */
export async function wholeBody(stored: Stored, message: Sealable): Promise<WireBody | undefined> {
  const opened = await stored.vault.open(message)
  const { body } = opened
  const whole = isSpooled(body) ? await joined(stored, message, body) : body
  return whole === undefined ? undefined : withKind(whole, opened)
}

function withKind(body: WholeBody, { content, request }: Sealable): WireBody {
  return { body, ...(content && { content }), ...(request && { request }) }
}

/** The body of a message that waits or is dead, with what that is; nothing where it cannot be read. */
export async function bodyOf(stored: Stored, id: string): Promise<WireBody | undefined> {
  const message = await messageOf(stored.connection, id)
  try {
    return message && (await wholeBody(stored, message))
  } catch (error) {
    if (error instanceof Undecryptable) return undefined
    throw error
  }
}

/** A message as its user reads it; where it cannot be decrypted, as it is: without its body. */
export async function readable<Listed extends Message>(vault: Vault, message: Listed): Promise<Listed> {
  try {
    return await vault.open(message)
  } catch {
    return message
  }
}

async function joined({ connection, vault }: Stored, message: Sealable, body: Spooled): Promise<WholeBody | undefined> {
  const parts: Blob[] = []
  // One chunk in this thread's memory at a time: what is in a `Blob` is the browser's to keep.
  let number = 0
  for await (const bytes of chunksOf(connection, body)) parts.push(new Blob([await vault.openChunk(message, body, number++, bytes)]))
  const whole = new Blob(parts)
  if (whole.size !== body.size) return undefined
  return message.sealed?.isText ? whole.text() : whole
}

/** As far as they are there. */
async function* chunksOf(connection: Connection, { spool, chunks }: Spooled): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let number = 0; number < chunks; number++) {
    const bytes = await readChunk(connection, spool, number)
    if (!bytes) return
    yield bytes
  }
}

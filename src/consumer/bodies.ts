import { isSpooled } from '../message/spooled.ts'
import type { Spooled, StoredBody, WholeBody } from '../message/spooled.ts'
import type { WireBody } from '../protocol/host.ts'
import { messageOf, readChunk } from '../queue/bodies.ts'
import type { Connection } from '../queue/connection.ts'

/** A body, whole; nothing where some of it is gone. */
export async function wholeBody(connection: Connection, body: StoredBody): Promise<WholeBody | undefined> {
  return isSpooled(body) ? collected(connection, body) : body
}

/** The body of a message that waits or is dead, with what that is. */
export async function bodyOf(connection: Connection, id: string): Promise<WireBody | undefined> {
  const message = await messageOf(connection, id)
  const body = message && (await wholeBody(connection, message.body))
  if (body === undefined) return undefined
  const { content, request } = message!
  return { body, ...(content && { content }), ...(request && { request }) }
}

/** One chunk in this thread's memory at a time: what is in a `Blob` is the browser's to keep. */
async function collected(connection: Connection, { spool, chunks, size }: Spooled): Promise<Uint8Array<ArrayBuffer> | Blob | undefined> {
  const parts: Blob[] = []
  for (let number = 0; number < chunks; number++) {
    const bytes = await readChunk(connection, spool, number)
    if (!bytes) return undefined
    if (chunks === 1) return bytes.byteLength === size ? bytes : undefined
    parts.push(new Blob([bytes]))
  }
  const whole = new Blob(parts)
  return whole.size === size ? whole : undefined
}

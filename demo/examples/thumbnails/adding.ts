import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import { openOutbox, OUTBOX } from 'holdfast/outbox'
import { ALBUM, album } from './album.ts'
import { pictures } from './queue.ts'
import type { Wanted } from './queue.ts'

export const queue: Queue<Wanted> = openQueue(pictures)
const outbox = openOutbox(queue, { database: ALBUM })

/** Puts a picture, and the message that asks for its thumbnail, on the disk in one transaction: both are there, or neither. */
export async function add(name: string, bytes: ArrayBuffer): Promise<void> {
  const id = crypto.randomUUID()
  const tx = (await album).transaction(['pictures', 'bytes', OUTBOX], 'readwrite')
  void tx.objectStore('pictures').put({ id, name, addedAt: Date.now() })
  void tx.objectStore('bytes').put(bytes, id)
  outbox.enqueueIn(tx, { picture: id })
  await tx.done
}

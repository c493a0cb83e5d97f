import { installOutbox } from 'holdfast/outbox'
import type { OUTBOX } from 'holdfast/outbox'
import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'

export interface Picture {
  readonly id: string
  readonly name: string
  readonly addedAt: number
}

export interface Thumbnail {
  readonly id: string
  readonly bytes: ArrayBuffer
  /** Of the whole picture. */
  readonly width: number
  readonly height: number
  /** At which attempt it was made. */
  readonly attempt: number
}

export interface Album extends DBSchema {
  pictures: { key: string; value: Picture }
  /** By the picture's id. */
  bytes: { key: string; value: ArrayBuffer }
  thumbnails: { key: string; value: Thumbnail }
  [OUTBOX]: { key: number; value: unknown }
}

export const ALBUM = 'album'

/** Of the page, and of each worker. */
export const album: Promise<IDBPDatabase<Album>> = openDB<Album>(ALBUM, 1, {
  upgrade(database) {
    database.createObjectStore('pictures', { keyPath: 'id' })
    database.createObjectStore('bytes')
    database.createObjectStore('thumbnails', { keyPath: 'id' })
    installOutbox(database)
  },
})

/** A body that lies in the store beside its message, in chunks: it is read for its attempts alone. */
export interface Spooled {
  readonly spool: string
  readonly chunks: number
  /** In bytes. */
  readonly size: number
}

/** How large a chunk is, in bytes. Not detached when it is done with: it is by these that the collector sees that there is something to collect (Chromium: 590 MB in place of 180 for a file of 500). */
export const CHUNK: number = 1024 * 1024

/** A body as it is stored with its message. */
export type StoredBody = string | Uint8Array<ArrayBuffer> | Spooled

/** A body in one piece: as it is sent, and as a handler gets it. */
export type WholeBody = string | Uint8Array<ArrayBuffer> | Blob

/** How many bytes of a body lie within its message: of one that lies beside it none, which are in nobody's memory. */
export function bytesWithin({ body, bytes }: { readonly body: StoredBody; readonly bytes: number }): number {
  return isSpooled(body) ? 0 : bytes
}

export function isSpooled(body: unknown): body is Spooled {
  return typeof body === 'object' && body !== null && 'spool' in body && 'chunks' in body && 'size' in body
}

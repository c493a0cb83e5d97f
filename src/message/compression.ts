/** How bodies are compressed as they are sent. */
export interface Compression {
  /** As `Content-Encoding` says it. */
  readonly encoding: 'gzip'
  /**
   * From how many bytes on a body is compressed: a whole number from 0.
   *
   * @defaultValue 1_024
   */
  readonly threshold?: number
}

export function compressionOf(compress: 'gzip' | Compression): Required<Compression> {
  return { threshold: 1_024, ...(compress === 'gzip' ? { encoding: compress } : compress) }
}

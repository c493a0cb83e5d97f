/** What a page posts to its service worker. */
export interface DrainCall {
  readonly holdfast: 'drain'
  readonly queue: string
}

export function isDrainCall(data: unknown): data is DrainCall {
  const { holdfast, queue } = Object(data) as Partial<DrainCall>
  return holdfast === 'drain' && typeof queue === 'string'
}

/** What a worker of a pool tells the page that has started it. */
export type PoolNews =
  /** It consumes, for as long as it holds this lock. */
  | { readonly holdfast: 'consuming'; readonly lock: string }
  /** It was told to end, and has nothing in hand. */
  | { readonly holdfast: 'consumed' }

/** What the page tells it: to finish what it has in hand, within a time in milliseconds. */
export interface PoolCommand {
  readonly holdfast: 'finish'
  readonly timeout: number
}

export function isPoolNews(data: unknown): data is PoolNews {
  const { holdfast, lock } = (data ?? {}) as { holdfast?: unknown; lock?: unknown }
  return holdfast === 'consumed' || (holdfast === 'consuming' && typeof lock === 'string')
}

export function isPoolCommand(data: unknown): data is PoolCommand {
  const { holdfast, timeout } = (data ?? {}) as { holdfast?: unknown; timeout?: unknown }
  return holdfast === 'finish' && typeof timeout === 'number'
}

/** Header names and values, in any form that the `Headers` constructor takes. */
export type HeadersLike = Headers | Readonly<Record<string, string>> | ReadonlyArray<readonly [string, string]>

/** Why headers are asked for. */
export interface HeadersRequest {
  /** The server just answered 401 to the headers that were given last: time to refresh a token. */
  readonly unauthorized: boolean
  /** Aborted when nobody waits for the answer any more, after 30,000 ms. */
  readonly signal: AbortSignal
  /** The `identity` that the queue was opened with; absent where it has none. */
  readonly identity?: string
}

/** Gives the headers of requests that are about to be sent. Asked anew for each burst, at most every 10,000 ms, and after a 401. */
export type HeadersFunction = (request: HeadersRequest) => HeadersLike | Promise<HeadersLike>

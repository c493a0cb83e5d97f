/** What is told of a request. */
export interface RequestLine {
  readonly method: string
  readonly url: string
  /** The type of its body, as its server is told; absent where it has none. */
  readonly contentType?: string
}

/** What is kept of a request beside its body: nothing that says who the user is. */
export interface StoredRequest extends Pick<RequestLine, 'method' | 'url'> {
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly credentials: RequestCredentials
  /** Whether it may go to its own origin only. */
  readonly mode: 'cors' | 'same-origin'
  /** What its answer must be, where it says so. */
  readonly integrity?: string
  /** What its server is told of where it comes from, where that is not what it would be told anyway. */
  readonly referrer?: string
  readonly referrerPolicy?: ReferrerPolicy
}

/** What a redirect means for a message. */
export type Redirects = 'retry' | 'accept'

/** Why a message is tried again. */
export type RetryReason =
  /** No answer: no connection, a name that does not resolve, a CORS refusal; browsers do not say which. */
  | 'unreachable'
  /** No answer within `timeout`. */
  | 'timeout'
  /** The answer was a redirect: usually to a login page, which is no acceptance. */
  | 'redirected'
  /** The server asked to wait, or is not there behind its gateway (429, 502, 503, 504). */
  | 'busy'
  /** `classify` says so, or has failed. */
  | 'classified'
  /** An earlier attempt at this message is still being processed by the server (409). */
  | 'in-progress'
  /** A consumer's handler threw, or the server failed (408, 409, 425, 500 and others above it). */
  | 'failed'
  /** Its consumer is gone: its worker or its tab has died. */
  | 'crashed'
  /** Its consumer let the lease run out. */
  | 'lease-expired'
  /** Its consumer was closed, or its page left. */
  | 'handed-back'
  /** Its handler has returned, and the messages that follow on it could not be stored. */
  | 'not-followed'

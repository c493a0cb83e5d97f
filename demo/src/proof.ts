/** A proof of delivery that the server has. Server and page share these types. */
export interface Proof {
  /** 1 for the first that it has ever taken in. */
  readonly number: number
  /** Which order it belongs to, in the driver's words. */
  readonly order: string
  readonly note: string
  /** When the driver handed it in, if the device has said so (ISO 8601). */
  readonly takenAt: string | undefined
  readonly receivedAt: string
  /** Of the photograph: its media type, and how many bytes it has. */
  readonly type: string
  readonly size: number
}

/** What the server answers when it has taken a proof in. */
export interface ProofConfirmation {
  readonly proof: number
  readonly order: string
}

/** Where the server shows a photograph. */
export function photographOf(number: number): string {
  return `/api/photograph?number=${number}`
}

export function isProofConfirmation(body: unknown): body is ProofConfirmation {
  if (typeof body !== 'object' || body === null || !('proof' in body) || !('order' in body)) return false
  return typeof body.proof === 'number' && typeof body.order === 'string'
}

/** What a driver takes down at a door: the body of each message. The server reads it too, so nothing in here needs a browser. */
export interface Order {
  readonly customer: Customer
  readonly address: Address
  /** When it should be there. */
  readonly slot: { readonly from: string; readonly to: string }
  readonly lines: readonly OrderLine[]
  readonly payment: Payment
  readonly deposit?: { readonly bottles: number; readonly crates: number }
  readonly tags?: readonly string[]
  readonly note?: string
  /** The customer may take it or leave it, until this time (ISO 8601): it is not sent after that. */
  readonly offerUntil?: string
}

interface Customer {
  readonly name: string
  /** A language tag (BCP 47), for whoever reads the note aloud. */
  readonly language?: string
  readonly phone?: string
  readonly company?: boolean
}

interface Address {
  readonly street: string
  readonly district: string
  readonly floor?: number
  readonly doorCode?: string
  /** Longitude and latitude, as in GeoJSON. */
  readonly location?: readonly [number, number]
}

interface OrderLine {
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly options?: readonly string[]
  /** What may come instead, as SKUs. */
  readonly substitutes?: readonly string[]
}

type Payment = { readonly kind: 'paid' | 'card' } | { readonly kind: 'cash'; readonly changeFor: number }

/** What the server answers when it has accepted an order. */
export interface Confirmation {
  /** 1 for the first order that it has ever taken in, from whichever device. */
  readonly number: number
  readonly customer: string
}

export function isConfirmation(body: unknown): body is Confirmation {
  if (typeof body !== 'object' || body === null || !('number' in body) || !('customer' in body)) return false
  return typeof body.number === 'number' && typeof body.customer === 'string'
}

/** An order's lines in a few words. */
export function summaryOf({ lines }: Order): string {
  return lines.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ')
}

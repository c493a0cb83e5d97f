/** What every contender is given to keep and to send: 1 kB of random text, and its number, by which the server checks order and loss. */
export interface Body {
  readonly n: number
  readonly text: string
}

/** So many bytes each message has as JSON. */
export const BODY_BYTES = 1_024

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The body with this number: the same in the page, in the server and after a restart, so that a changed one is seen. */
export function makeBody(n: number): Body {
  const length = BODY_BYTES - JSON.stringify({ n, text: '' }).length
  // xorshift32: no two messages share a stretch that a compressing store could profit from.
  let state = Math.imul(n + 1, 0x9e3779b1) || 1
  let text = ''
  while (text.length < length) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    for (let shift = 0; shift < 30; shift += 6) text += ALPHABET[(state >>> shift) & 63]
  }
  return { n, text: text.slice(0, length) }
}

export function makeBodies(count: number, from = 0): Body[] {
  return Array.from({ length: count }, (_, i) => makeBody(from + i))
}

/** What became of the messages from 0 to `expected`, exclusive. */
export interface Check {
  readonly expected: number
  readonly lost: number
  readonly repeated: number
  /** How many came after one with a higher number. */
  readonly outOfOrder: number
  /** How many are not what was enqueued. */
  readonly changed: number
}

export function check(bodies: readonly Body[], expected: number): Check {
  const seen = new Set<number>()
  let [highest, outOfOrder, changed, repeated] = [-1, 0, 0, 0]
  for (const { n, text } of bodies) {
    if (seen.has(n)) {
      repeated++
      continue
    }
    seen.add(n)
    if (n < highest) outOfOrder++
    else highest = n
    if (text !== makeBody(n).text) changed++
  }
  return { expected, lost: Math.max(0, expected - seen.size), repeated, outOfOrder, changed }
}

import type { QueueError } from './error.ts'
import { tagOf } from './tag.ts'
import { wrongOption } from './checks.ts'

/**
 * The keys of a queue, each under a name of yours, and which of them new messages are encrypted with. The name is kept with what was encrypted, in clear: so keys can be rotated.
 *
 * Keys are for AES-GCM, not extractable, and can encrypt and decrypt; one that only decrypts will do where it is not the current one.
 *
 * @example
 * ```ts
 * const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
 * const encryption: Encryption = { keys: { 'key-1': key }, current: 'key-1' }
 * ```
 */
export interface Encryption {
  /** By name: 1 to 64 letters, digits and `. _ : -`. A name is never given to another key. */
  readonly keys: Readonly<Record<string, CryptoKey>>
  /** The name of the one that encrypts; `null`: what is enqueued from now on is not encrypted, and what was can be read. Never left out, so that nothing is stored in clear by oversight. */
  readonly current: string | null
}

/** Whose keys are asked for. */
export interface EncryptionRequest {
  /** The `identity` that the queue was opened with; absent where it has none. */
  readonly identity?: string
}

/** Gives the keys of a queue; see `encryption` of a queue. */
export type EncryptionFunction = (request: EncryptionRequest) => Encryption | Promise<Encryption>

const NAME = /^[\w.:-]{1,64}$/

/**
 * What an `encryption` function gave, if that is what it must be.
 *
 * @throws QueueError `invalid-option`, which names what is wrong.
 */
export function checkedEncryption(given: unknown): Encryption {
  const { keys, current } = Object(given) as Partial<Record<keyof Encryption, unknown>>
  if (typeof keys !== 'object' || keys === null) throw wrongOption('encryption', 'a function that gives { keys, current }', given)
  for (const [name, key] of Object.entries(keys)) checkKey(name, key)
  if (current === null) return { keys: keys as Encryption['keys'], current }
  if (typeof current !== 'string' || !Object.hasOwn(keys, current)) {
    throw wrongOption('encryption.current', 'the name of one of its `keys`, or null', current)
  }
  const { usages } = (keys as Encryption['keys'])[current]!
  if (!usages.includes('encrypt')) throw wrongOption(`encryption.keys.${current}`, 'a key that may encrypt', usages)
  return { keys: keys as Encryption['keys'], current }
}

function checkKey(name: string, key: unknown): void {
  if (!NAME.test(name)) throw wrongOption('encryption.keys', 'keys under names of 1 to 64 letters, digits and . _ : -', name)
  const { algorithm, extractable, usages } = tagOf(key) === 'CryptoKey' ? (key as CryptoKey) : {}
  const wrong = (expected: string, value: unknown): QueueError => wrongOption(`encryption.keys.${name}`, expected, value)
  if (algorithm?.name !== 'AES-GCM') throw wrong('a CryptoKey for AES-GCM', algorithm?.name ?? key)
  // Whoever gets to run a script in the page could take it away, and read the disk for ever.
  if (extractable) throw wrong('a key that is not extractable', 'one that is')
  if (!usages?.includes('decrypt')) throw wrong('a key that may decrypt', usages)
}

/**
 * Bytes as they lie on the disk of a queue with `encryption`: AES-GCM (NIST SP 800-38D) over Web Crypto, with a random nonce for each.
 *
 *     1 byte: 1, the version | 1 byte: n | n bytes: the name of the key | 12 bytes: the nonce | ciphertext, tag
 *
 * What they are, and whose, is authenticated with them, so that they pass for nothing else.
 */
const VERSION = 1
const NONCE = 12

/** A key, by its name. */
export interface NamedKey {
  readonly name: string
  readonly key: CryptoKey
}

/** @param about what they are; whoever unseals them has to say the same. */
export async function seal(
  bytes: Uint8Array<ArrayBuffer>,
  { name, key }: NamedKey,
  about: readonly unknown[],
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE))
  const sealed = await crypto.subtle.encrypt(parameters(nonce, name, about), key, bytes)
  const prefix = Uint8Array.of(VERSION, name.length, ...encoder.encode(name), ...nonce)
  const all = new Uint8Array(prefix.byteLength + sealed.byteLength)
  all.set(prefix)
  all.set(new Uint8Array(sealed), prefix.byteLength)
  return all
}

/** Which key they were sealed with; nothing where that cannot be read. */
export function keyOf(sealed: Uint8Array): string | undefined {
  const [version, length = 0] = sealed
  return version === VERSION ? new TextDecoder().decode(sealed.subarray(2, 2 + length)) : undefined
}

/** Rejects where they were changed, are something else, or were sealed with another key. */
export async function unseal(
  sealed: Uint8Array<ArrayBuffer>,
  { name, key }: NamedKey,
  about: readonly unknown[],
): Promise<Uint8Array<ArrayBuffer>> {
  const start = 2 + name.length
  const nonce = sealed.slice(start, start + NONCE)
  return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, name, about), key, sealed.subarray(start + NONCE)))
}

const encoder = new TextEncoder()

function parameters(iv: Uint8Array<ArrayBuffer>, name: string, about: readonly unknown[]): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: encoder.encode(JSON.stringify([VERSION, name, ...about])) }
}

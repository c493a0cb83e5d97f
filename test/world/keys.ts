import type { Encryption, EncryptionFunction } from '../../src/message/encryption.ts'

/** A key as an app makes it. */
export function makeKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** What gives these keys, the last of which encrypts. */
export function keysOf(keys: Record<string, CryptoKey>, current: string | null = Object.keys(keys).at(-1) ?? null): EncryptionFunction {
  return (): Encryption => ({ keys, current })
}

import { checkedEncryption } from '../message/encryption.ts'
import type { Encryption } from '../message/encryption.ts'
import { isQueueError, QueueError } from '../message/error.ts'
import type { Message } from '../message/message.ts'
import type { OnDuplicate } from '../message/options.ts'
import { keyOf, seal, unseal } from '../message/seal.ts'
import type { NamedKey } from '../message/seal.ts'
import { isSpooled } from '../message/spooled.ts'
import type { Spooled } from '../message/spooled.ts'
import type { Setup } from '../protocol/host.ts'
import type { Functions } from './functions.ts'

export interface VaultOptions {
  /** The queue's key: what is another queue's cannot be put into this one. */
  readonly queue: string
  /** The options of the queue, as they are now. */
  readonly setup: () => Setup
  /** Where keys are asked for. */
  readonly functions: (setup: Setup) => Pick<Functions, 'encryption'>
}

/** As much of a message as is sealed, and what that is bound to. */
export type Sealable = Pick<Message, 'id' | 'body' | 'content' | 'request' | 'idempotencyKey' | 'version' | 'sealed'>

/** What is said of a body, sealed beside it. */
interface Said extends Pick<Message, 'content' | 'request'> {
  /** Where its chunks lie, each sealed by itself: none can be left out. */
  readonly spooled?: Spooled
}

/** Something that was sealed cannot be opened, by those keys that are given. */
export class Undecryptable extends Error {
  override readonly name = 'Undecryptable'
}

/** Whether what the vault threw is said of all messages: the app gives no keys. */
export function areKeysMissing(error: unknown): boolean {
  return isQueueError(error) && (error.code === 'key-unavailable' || error.code === 'invalid-option')
}

/**
 * Encrypts what is stored of bodies, and decrypts it again where they are needed. It is in every worker, and no module of its own that is loaded where it is needed: the ready-made worker is one file, which bundlers
 * copy as it is, the same is started from its text, and a service worker may not import anything later. So it is small (2 kB, gzipped): the browser does the work. A page has none of it.
 */
export class Vault {
  readonly #options: VaultOptions
  #asked: { readonly setup: Setup; readonly keys: Promise<Encryption> } | undefined
  /** Keys that are missing, though they were asked for anew. */
  readonly #missing = new Set<string>()

  constructor(options: VaultOptions) {
    this.#options = options
  }

  /**
   * Messages as they are to be stored.
   *
   * @throws QueueError `key-unavailable` where the app gives no keys, `invalid-option` where it gives what are none.
   */
  async sealAll<Given extends Sealable>(messages: readonly Given[]): Promise<readonly Given[]> {
    const key = await this.#current()
    return key ? Promise.all(messages.map((message) => this.#seal(message, key))) : messages
  }

  /** A chunk of a large body as it is to be stored, and whether that is sealed. */
  async sealChunk(
    spool: string,
    number: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; isSealed: boolean }> {
    const key = await this.#current()
    return key ? { bytes: await seal(bytes, key, this.#ofChunk(spool, number)), isSealed: true } : { bytes, isSealed: false }
  }

  /**
   * A message as it was enqueued. A body that lies beside it does so still.
   *
   * @throws Undecryptable; QueueError as {@link sealAll}.
   */
  async open<Stored extends Sealable>(message: Stored): Promise<Stored> {
    const { sealed, ...rest } = message
    if (!sealed) return message
    if (sealed.id !== message.id && !sealed.isLatest) throw new Undecryptable('It was encrypted as the body of another message')
    const { body } = message
    const { spooled, ...said } = sealed.head ? (JSON.parse(decode(await this.#unseal(sealed.head, this.#of('head', message)))) as Said) : {}
    const opened = { ...rest, ...said } as Stored
    if (!isSpooled(body)) return { ...opened, body: await this.#openPiece(message, body as Uint8Array<ArrayBuffer>) }
    if (!isOnePiece(message, body) && !isSame(body, spooled)) throw new Undecryptable('Its chunks are those of another message')
    return opened
  }

  /** A chunk of the body of a message that was opened. */
  async openChunk(
    message: Sealable,
    { spool }: Spooled,
    number: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<string | Uint8Array<ArrayBuffer>> {
    if (!message.sealed) return bytes
    return isOnePiece(message, { spool }) ? this.#openPiece(message, bytes) : this.#unseal(bytes, this.#ofChunk(spool, number))
  }

  async #openPiece(message: Sealable, bytes: Uint8Array<ArrayBuffer>): Promise<string | Uint8Array<ArrayBuffer>> {
    const plain = await this.#unseal(bytes, this.#of('body', message))
    return message.sealed?.isText ? decode(plain) : plain
  }

  async #seal<Given extends Sealable & { readonly onDuplicate?: OnDuplicate }>(message: Given, key: NamedKey): Promise<Given> {
    const { content, request, ...rest } = message
    const { id, body } = message
    const said: Said = { ...(content && { content }), ...(request && { request }), ...(isSpooled(body) && { spooled: body }) }
    const kind = {
      id,
      ...(typeof body === 'string' && { isText: true as const }),
      // Only the store knows whether it will stand under the id of another.
      ...(message.onDuplicate === 'latest' && { isLatest: true as const }),
    }
    const about = { ...message, sealed: kind }
    const head = Object.keys(said).length > 0 && (await seal(encode(JSON.stringify(said)), key, this.#of('head', about)))
    const sealed = { ...kind, ...(head && { head }) }
    if (isSpooled(body)) return { ...rest, sealed } as Given
    const bytes = typeof body === 'string' ? encode(body) : body
    return { ...rest, sealed, body: await seal(bytes, key, this.#of('body', { ...message, sealed })) } as Given
  }

  /** What a part of a message is, and whose. */
  #of(part: 'head' | 'body', { sealed, idempotencyKey = '', version = 1 }: Sealable): unknown[] {
    const { id, isText = false, isLatest = false, head } = sealed!
    return [part, this.#options.queue, id, isText, isLatest, idempotencyKey, version, part === 'body' && head !== undefined]
  }

  #ofChunk(spool: string, number: number): unknown[] {
    return ['chunk', this.#options.queue, spool, number]
  }

  async #unseal(sealed: Uint8Array<ArrayBuffer>, about: readonly unknown[]): Promise<Uint8Array<ArrayBuffer>> {
    const name = keyOf(sealed)
    if (name === undefined) throw new Undecryptable('It is damaged')
    const key = await this.#named(name)
    try {
      return await unseal(sealed, { name, key }, about)
    } catch {
      throw new Undecryptable(`It is damaged, or not where it was stored, or the key "${name}" is not the one it was encrypted with`)
    }
  }

  async #current(): Promise<NamedKey | undefined> {
    const all = await this.#keys()
    return all && all.current !== null ? { name: all.current, key: all.keys[all.current]! } : undefined
  }

  /** Where it is missing, the keys are asked for once more: another tab may have begun with a new one. */
  async #named(name: string): Promise<CryptoKey> {
    let all = await this.#keys()
    if (!all) throw new Undecryptable(`The queue was opened without \`encryption\`, and it needs the key "${name}"`)
    if (!Object.hasOwn(all.keys, name) && !this.#missing.has(name)) {
      this.#missing.add(name)
      this.#asked = undefined
      all = await this.#keys()
    }
    const key = all && Object.hasOwn(all.keys, name) ? all.keys[name] : undefined
    if (key) return key
    throw new Undecryptable(`\`encryption\` gives no key "${name}"`)
  }

  /** Asked for when they are first needed, and when the queue is opened anew. Nothing where there is no `encryption`. */
  async #keys(): Promise<Encryption | undefined> {
    const setup = this.#options.setup()
    if (this.#asked?.setup !== setup) {
      const ask = this.#options.functions(setup).encryption
      if (!ask) return undefined
      if (this.#asked) this.#missing.clear()
      const asked = { setup, keys: keysOf(ask) }
      this.#asked = asked
      asked.keys.catch(() => this.#asked === asked && (this.#asked = undefined))
    }
    return this.#asked.keys
  }
}

async function keysOf(ask: () => Promise<unknown>): Promise<Encryption> {
  try {
    return checkedEncryption(await ask())
  } catch (error) {
    if (isQueueError(error) && error.code === 'invalid-option') throw error
    throw new QueueError('key-unavailable', `Expected \`encryption\` to give keys; nothing was stored, nor sent: ${String(error)}`, {
      cause: error,
    })
  }
}

/** A body that was sealed with its message, and was then too large to lie in the same record. */
function isOnePiece({ sealed }: Sealable, { spool }: Pick<Spooled, 'spool'>): boolean {
  return spool === sealed?.id
}

function isSame({ spool, chunks, size }: Spooled, other: Spooled | undefined): boolean {
  return spool === other?.spool && chunks === other.chunks && size === other.size
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

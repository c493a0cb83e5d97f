import type { Codec } from './codec.ts'
import type { EncryptionFunction } from './encryption.ts'
import type { StandardSchema } from './schema.ts'
import type { UpcastFunction } from './verdict.ts'

/** What the bodies of a queue are, and how they are kept. */
export interface BodyOptions<T = unknown> {
  /**
   * The largest body that is taken, in bytes: what is larger is refused, with `body-too-large`. Data is never more than 16 MiB as JSON.
   *
   * @defaultValue Infinity: as much as the browser has space for
   * @example 25 * 1024 * 1024
   */
  readonly largestBody?: number
  /**
   * What bodies must be: any schema of zod, valibot, arktype and others that follow Standard Schema (https://standardschema.dev) and validate at once, without a
   * promise. A body is validated when it is enqueued, and one of an earlier `version` before its first attempt; what the schema makes of it is stored. It also gives bodies their type.
   *
   * @defaultValue none: any body
   * @example z.object({ sku: z.string(), quantity: z.number().int() })
   */
  readonly schema?: StandardSchema<T>
  /**
   * What makes bytes of bodies, in place of JSON: for data that JSON cannot hold. What it gives is stored, and sent with its type. Schedules, outboxes and what follows on a message (`ack`) are JSON, and have no place
   * in such a queue; nor has `upcast`: a format of one's own has versions of its own.
   *
   * @defaultValue JSON; files, forms and bytes as they are
   * @example { type: 'application/vnd.msgpack', encode: (body) => encode(body), decode: (bytes) => decode(bytes) }
   */
  readonly codec?: Codec<T>
  /**
   * The version of bodies that this release of the app enqueues: a whole number from 1. See `upcast`.
   *
   * @defaultValue 1
   */
  readonly version?: number
  /**
   * Brings a body that an earlier release of the app has left in the queue up to date, before its first attempt; one that was sent already stays as it is. If it
   * throws, the message becomes a dead letter, reason `not-upcast`; where `schema` does not take what it gives, reason `invalid`. Either holds up nobody. It runs where `headers` does. Without it, bodies are sent as they were enqueued, or as `schema` makes them.
   *
   * @defaultValue none
   * @example (body, version) => (version === 1 ? { ...body, currency: 'EUR' } : body)
   */
  readonly upcast?: UpcastFunction
  /**
   * Gives the keys that bodies are encrypted with before they are stored, and decrypted with to be sent: AES-GCM, in the worker. Called when one is first needed, and again where one is missing; it runs where `headers` does. If it throws, `enqueue` rejects with
   * `key-unavailable`, and nothing is sent until it gives them. Where a key is lost, its messages become dead letters, reason `undecryptable`, which hold up nobody. What lies on the disk in clear all the same, docs/encryption.md lists. Schedules, outboxes and what follows on a message (`ack`) have no
   * place in such a queue.
   *
   * @defaultValue none: bodies are stored in clear
   * @example async () => ({ keys: { 'key-1': await loadKey() }, current: 'key-1' })
   */
  readonly encryption?: EncryptionFunction
}

import type { Queue } from '../../src/index.ts'

/** What is known of a body: its type, without the boundary of a form, and the hash of what is in there. */
export interface Described {
  readonly key: string
  readonly type: string
  readonly hash: string
}

/**
 * Enqueues random bodies of all kinds, side by side, and tells what they are. Runs in a page: it may use nothing from outside.
 *
 * @returns what each was made of, by its idempotency key.
 */
export async function enqueueRandom({ seed, count, first }: { seed: number; count: number; first: number }): Promise<Described[]> {
  let state = seed
  const random = (below: number): number => {
    state = (state * 48271) % 2147483647
    return state % below
  }
  const hex = async (bytes: BufferSource): Promise<string> =>
    Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const noise = (): Uint8Array<ArrayBuffer> => {
    const of = random(100)
    const bytes = new Uint8Array(random(of < 70 ? 2_000 : of < 90 ? 60_000 : of < 99 ? 300_000 : 2_500_000))
    for (let start = 0; start < bytes.length; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536))
    return bytes
  }
  const words = ['', 'a', 'Straße "so"', 'ø\\', '日本', 'a\nb', '100 %', 'name="x"', '👩‍👩‍👧', ';;']
  const word = (): string => words[random(words.length)]!
  const types = ['', 'image/png', 'text/plain;charset=utf-8', 'application/x.own+json']
  const type = (): string => types[random(types.length)]!
  const OCTETS = 'application/octet-stream'
  const views: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [Uint8Array, Int8Array, Uint8ClampedArray, DataView]

  const make = async (): Promise<{ body: unknown; type: string; hash: string }> => {
    const bytes = noise()
    const hash = await hex(bytes)
    switch (random(8)) {
      case 0: {
        const blob = new Blob([bytes], { type: type() })
        return { body: blob, type: blob.type || OCTETS, hash }
      }
      case 1: {
        const file = new File([bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)], word() || 'f', { type: type() })
        return { body: file, type: file.type || OCTETS, hash }
      }
      case 2:
        return { body: bytes.buffer, type: OCTETS, hash }
      case 3: {
        const View = views[random(views.length)]!
        return { body: new View(bytes.buffer), type: OCTETS, hash }
      }
      case 4:
        return { body: new Blob([bytes]).stream(), type: OCTETS, hash }
      case 5: {
        const data = new FormData()
        for (let fields = random(4); fields >= 0; fields--) {
          const name = word() || 'n'
          if (random(2)) data.append(name, word())
          else data.append(name, new File([noise()], word() || 'f', { type: type() }))
        }
        const entries: unknown[] = []
        for (const [name, value] of data) {
          const file = typeof value === 'string' ? undefined : value
          // What a browser makes of line breaks, and of a file without a type.
          const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n')
          entries.push([lines(name), file ? [file.name, file.type || OCTETS, await hex(await file.arrayBuffer())] : lines(value as string)])
        }
        return { body: data, type: 'multipart/form-data', hash: await hex(new TextEncoder().encode(JSON.stringify(entries))) }
      }
      case 6: {
        const params = new URLSearchParams([
          [word(), word()],
          [word(), word()],
        ])
        const text = String(params)
        return { body: params, type: 'application/x-www-form-urlencoded;charset=UTF-8', hash: await hex(new TextEncoder().encode(text)) }
      }
      default: {
        const data = { text: word(), list: [random(1_000) / 7, null, true, word()], nested: { [word()]: 'x'.repeat(random(3_000)) } }
        return { body: data, type: 'application/json', hash: await hex(new TextEncoder().encode(JSON.stringify(data))) }
      }
    }
  }

  const orders = globalThis.orders as unknown as Queue<unknown>
  const made = []
  for (let number = first; number < first + count; number++) made.push({ key: `fuzz-${number}`, ...(await make()) })
  await Promise.all(made.map(({ key, body }) => orders.enqueue(body, { idempotencyKey: key })))
  return made.map(({ key, type: of, hash }) => ({ key, type: of, hash }))
}

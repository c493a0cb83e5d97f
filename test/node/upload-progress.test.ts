import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Upload } from '../../src/consumer/upload.ts'
import type { OpenOptions } from '../../src/message/open-options.ts'
import type { QueueEvent } from '../../src/message/event.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { World } from '../world/world.ts'

let world: World
/** What went by that which tells how far it is. */
let uploaded: RequestInit[]
/** How it tells. */
let tell: (progressed: (done: number) => void) => void
beforeEach(() => {
  world = new World()
  uploaded = []
  tell = (progressed) => [0.2, 0.6, 1].forEach(progressed)
})
afterEach(() => world.end())

const upload: Upload = (url, init, progressed) => {
  uploaded.push(init)
  tell(progressed)
  return world.server.fetch(url, init)
}

const open = (options: Partial<OpenOptions<unknown>>, platform = { upload } as { upload?: Upload }) =>
  world.openTab(platform).open<unknown>(options)

const large = (): Blob => new Blob([new Uint8Array(70_000)])

/** What happens in a queue, as its page hears it. */
function hear(queue: Queue<unknown>): QueueEvent[] {
  const events: QueueEvent[] = []
  queue.subscribe((event) => events.push(event))
  return events
}

const progressOf = (events: readonly QueueEvent[]): unknown[] =>
  events.flatMap((event) => (event.type === 'progressed' ? [[event.id, event.progress]] : []))

describe('how much of a body has left', () => {
  test('is told in each tab, from attempt to attempt, and counts in a batch receipt', async () => {
    const [queue, other] = [open({ uploadProgress: true }), open({ uploadProgress: true })]
    const [events, elsewhere] = [hear(queue), hear(other)]
    await other.depth()
    world.server.next(() => new Response(null, { status: 500 }))
    const receipt = await queue.enqueueAll([large(), 'small'])
    const shares: number[] = []
    receipt.subscribe(({ progress }) => shares.push(progress))
    await world.passUntil(queue.idle())
    const told = [0.2, 1, 0.2, 1].map((done) => [receipt.receipts[0]!.id, done])
    expect(progressOf(events)).toEqual(told)
    expect(progressOf(elsewhere)).toEqual(told)
    expect(shares).toEqual([0, 0.5, 0, 0.5, 1])
    expect(uploaded).toHaveLength(2)
  })

  test('is told now and then, however often the engine tells, and at the end', async () => {
    const queue = open({ uploadProgress: true })
    const events = hear(queue)
    tell = (progressed) => {
      for (let n = 1; n <= 1_000; n++) {
        world.clock.advance(1)
        progressed(n / 1_000)
      }
    }
    const { id } = await queue.enqueue(large())
    await queue.idle()
    const told = progressOf(events)
    expect(told.length).toBeLessThan(15)
    expect(told.at(-1)).toEqual([id, 1])
  })

  test.each<[string, Partial<OpenOptions<unknown>>, unknown]>([
    ['without the option', {}, large()],
    ['of a small body', { uploadProgress: true }, 'small'],
    ['that is to go without cookies', { uploadProgress: true, credentials: 'omit' }, large()],
  ])('is not told %s: that goes by `fetch`', async (_, options, body) => {
    const queue = open(options)
    const events = hear(queue)
    await queue.enqueue(body)
    await queue.idle()
    expect([world.server.arrivals.length, uploaded.length, progressOf(events)]).toEqual([1, 0, []])
  })

  test('is told of a whole request, unless that asks for what `fetch` alone can do; and not where there is nobody who could', async () => {
    const queue = open({ uploadProgress: true })
    const request = (init: RequestInit): Request => new Request('https://shop.example/photos', { method: 'PUT', body: large(), ...init })
    await queue.enqueueRequest(request({}))
    await queue.idle()
    expect(uploaded).toMatchObject([{ method: 'PUT', credentials: 'same-origin' }])
    const asking: RequestInit[] = [{ integrity: 'sha256-x' }, { referrer: '' }, { referrerPolicy: 'origin' }, { credentials: 'omit' }]
    for (const init of asking) await queue.enqueueRequest(request(init))
    await queue.idle()
    await queue.close()
    const elsewhere = open({ uploadProgress: true }, {})
    await elsewhere.enqueue(large())
    await elsewhere.idle()
    expect([world.server.arrivals.length, uploaded.length]).toEqual([6, 1])
  })

  test('is told of what is compressed, too', async () => {
    const queue = open({ uploadProgress: true, compress: 'gzip' })
    const events = hear(queue)
    await queue.enqueue(new Blob(['a'.repeat(100_000)]))
    await queue.idle()
    expect(new Headers(uploaded[0]!.headers).get('content-encoding')).toBe('gzip')
    expect(progressOf(events)).not.toEqual([])
  })
})

import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HostLink } from '../../src/producer/host-link.ts'
import { openQueueOn } from '../../src/producer/open-queue.ts'
import type { Queue } from '../../src/producer/queue.ts'
import type { PageEnd } from '../../src/producer/start-host.ts'
import type { WorkerMaker } from '../../src/producer/way-back.ts'
import type { Batch, HostApi } from '../../src/protocol/host.ts'
import { heard } from '../world/world.ts'

/** A worker, as its page sees it: one that was made in the page itself is cut off from its storage, and never answers. */
class Host {
  readonly page: PageEnd
  readonly maker: WorkerMaker | undefined
  readonly stored: number[] = []
  isStopped = false

  constructor(page: PageEnd, maker: WorkerMaker | undefined) {
    this.page = page
    this.maker = maker
  }

  get api(): HostApi {
    const done = Promise.resolve({ ok: true, value: undefined })
    const enqueue = (_: string, { number }: Batch): Promise<unknown> => {
      if (!this.maker) return new Promise(() => {})
      this.stored.push(number)
      return done
    }
    return { open: () => done, close: () => done, enqueue } as unknown as HostApi
  }

  loseStorage(): void {
    this.page.events('orders', [{ type: 'storage-lost', message: 'gone' }])
  }
}

/** Frames of the page that are there. */
let frames: Set<object>
beforeEach(() => {
  frames = new Set()
  const reachable = indexedDB
  vi.stubGlobal('indexedDB', { open: () => failing() })
  vi.stubGlobal('document', {
    createElement: () => {
      const frame = { contentWindow: { indexedDB: reachable, Worker: {} }, remove: () => frames.delete(frame) }
      return frame
    },
    documentElement: { append: (frame: object) => frames.add(frame) },
  })
})
afterEach(() => vi.unstubAllGlobals())

function failing(): EventTarget {
  const request = new EventTarget()
  queueMicrotask(() => request.dispatchEvent(new Event('error')))
  return request
}

function openPage(): { queue: Queue<number>; hosts: Host[] } {
  const hosts: Host[] = []
  const link = new HostLink(
    async (page, maker) => {
      const host = new Host(page, maker)
      hosts.push(host)
      return { api: host.api, kind: 'worker', lost: new Promise(() => {}), stop: () => (host.isStopped = true) }
    },
    () => {},
  )
  return { queue: openQueueOn<number>(() => link, 'orders', { endpoint: 'https://shop.example/orders' }), hosts }
}

/** Moves a page's host to a frame. */
async function moved({ queue, hosts }: ReturnType<typeof openPage>): Promise<void> {
  const restored = heard(queue, 'storage-restored')
  hosts.at(-1)!.loseStorage()
  await restored
}

test('a host whose storage is away moves to a frame, where what was not answered is asked again, in order; the frame goes when the queue is closed', async () => {
  const page = openPage()
  await heard(page.queue, 'host-started')
  const stored: Promise<unknown>[] = []
  for (let n = 0; n < 3; n++) {
    stored.push(page.queue.enqueue(n))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await moved(page)
  await Promise.all(stored)
  expect(page.hosts.map(({ isStopped }) => isStopped)).toEqual([true, false])
  expect(page.hosts[1]?.stored).toEqual([0, 1, 2])
  expect(frames.size).toBe(1)
  await page.queue.close()
  expect(frames.size).toBe(0)
})

test('two hosts of a page each have a frame of their own, and one that moves takes away only the frame that it leaves', async () => {
  const [one, other] = [openPage(), openPage()]
  await Promise.all([heard(one.queue, 'host-started'), heard(other.queue, 'host-started')])
  await moved(one)
  const [first] = frames
  await moved(other)
  expect(frames.size).toBe(2)
  await moved(other)
  expect(frames.size).toBe(2)
  expect(frames).toContain(first)
  await Promise.all([one.queue.close(), other.queue.close()])
  expect(frames.size).toBe(0)
})

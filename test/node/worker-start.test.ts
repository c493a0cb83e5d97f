import 'fake-indexeddb/auto'
import { afterEach, expect, test, vi } from 'vitest'
import { openQueue } from '../../src/index.ts'
import { FakeLocks } from '../world/fake-locks.ts'

afterEach(() => vi.unstubAllGlobals())

const endpoint = 'https://shop.example/orders'

/** A worker of which a page only ever hears one event. */
class BrokenWorker extends EventTarget {
  constructor(event: Event) {
    super()
    queueMicrotask(() => this.dispatchEvent(event))
  }

  // Without ports when Comlink says that its proxy was garbage-collected.
  postMessage(_: unknown, ports: readonly MessagePort[] = []): void {
    for (const port of ports) port.close()
  }

  terminate(): void {}
}

test('a worker that failed to start is started anew for a queue that is opened later', async () => {
  const worker = vi.fn(() => new BrokenWorker(new Event('error')) as unknown as Worker)
  const queues = []
  for (const times of [1, 2]) {
    const orders = openQueue('orders', { endpoint, worker })
    queues.push(orders)
    await expect(orders.enqueue(1)).rejects.toMatchObject({ code: 'host-failed' })
    expect(worker).toHaveBeenCalledTimes(times)
  }
  await Promise.all(queues.map((queue) => queue.close()))
})

test('a worker that dies as soon as it was ready is an error, and not a silence', async () => {
  // Its lock is free.
  vi.stubGlobal('navigator', { onLine: true, locks: new FakeLocks().manager })
  const ready = new MessageEvent('message', { data: { holdfast: 'ready', lock: 'alive' } })
  const orders = openQueue('orders', { endpoint, worker: () => new BrokenWorker(ready) as unknown as Worker })
  await expect(orders.enqueue(1)).rejects.toMatchObject({ code: 'host-failed' })
  await orders.close()
})

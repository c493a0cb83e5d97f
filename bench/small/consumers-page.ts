import { openQueue } from '../../dist/index.js'

declare global {
  var isReady: boolean
  /** Has so many messages handled by a pool of so many workers, each busy for so many milliseconds; how long that took from the first to the last, in milliseconds. */
  var handled: (given: { count: number; size: number; busy: number }) => Promise<number>
}

const work = openQueue<number>('work', { consumers: true, order: 'none' })

globalThis.isReady = true
globalThis.handled = async ({ count, size, busy }) => {
  await work.pause()
  await work.enqueueAll(Array.from({ length: count }, () => busy))
  const start = (): Worker => new Worker('/consumers-worker.js', { type: 'module' })
  const pool = work.consumeInWorkers(start, { size })
  // They load meanwhile: what is measured is what they do.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const began = performance.now()
  await work.resume()
  await work.idle()
  const took = performance.now() - began
  await pool.close()
  return took
}

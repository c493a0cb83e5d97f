import { openQueue } from '../../dist/index.js'

/** What the bench asks of its page. */
declare global {
  var isReady: boolean
  var enqueueFile: () => Promise<Blocked>
  var enqueueMany: (count: number, size: number) => Promise<Blocked>
  var drained: () => Promise<Blocked>
}

interface Blocked {
  /** How long that took, in milliseconds. */
  readonly took: number
  /** The longest that the page's thread was busy without a break meanwhile, in milliseconds. */
  readonly longest: number
}

const uploads = openQueue<Blob>('uploads', { endpoint: '/uploads' })

globalThis.enqueueFile = () =>
  watched(async () => {
    await uploads.pause()
    const [file] = document.querySelector('input')!.files!
    await uploads.enqueue(file)
  })

globalThis.enqueueMany = (count, size) =>
  watched(async () => {
    await uploads.pause()
    for (let number = 0; number < count; number++) await uploads.enqueue(new Blob([noise(size)]))
  })

globalThis.drained = () =>
  watched(async () => {
    await uploads.resume()
    await uploads.idle()
  })

globalThis.isReady = true

async function watched(work: () => Promise<void>): Promise<Blocked> {
  let [last, longest, isOver] = [performance.now(), 0, false]
  const channel = new MessageChannel()
  // Not a timer, which browsers slow down.
  channel.port1.addEventListener('message', () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!isOver) setTimeout(() => channel.port2.postMessage(0))
  })
  channel.port1.start()
  channel.port2.postMessage(0)
  const began = performance.now()
  await work()
  isOver = true
  return { took: performance.now() - began, longest }
}

function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  for (let start = 0; start < size; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536))
  return bytes
}

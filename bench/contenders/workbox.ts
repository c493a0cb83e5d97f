import type { Open } from '../page/contender.ts'
import { caller } from './worker-call.ts'

/** In its service worker, asked by the page: a `Queue`, `pushRequest` for each message, and `replayRequests`. */
export const open: Open = async ({ endpoint, isHeld }) => {
  await navigator.serviceWorker.register('/workbox.service-worker.js', { type: 'module' })
  const { active } = await navigator.serviceWorker.ready
  navigator.serviceWorker.startMessages()
  const call = caller(active!, navigator.serviceWorker)
  if (!isHeld) void call('replay')
  return {
    enqueue: (body) => call('push', { endpoint, body }),
    drain: () => call('replay'),
    readBack: () => call('all'),
  }
}

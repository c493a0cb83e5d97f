import { Queue } from 'workbox-background-sync'
import type { Body } from '../page/bodies.ts'
import { reply } from './worker-call.ts'
import type { Call, Port, Verbs } from './worker-call.ts'

// The types of pages and workers are in one program here, where `self` is a window.
const scope = globalThis as unknown as ServiceWorkerGlobalScope

// Nothing is sent until it is asked for: `sync` events come when Chromium thinks fit, and not when a clock is running.
const queue = new Queue('bench', { onSync: async () => {} })

const verbs: Verbs = {
  push: ({ endpoint, body }: { endpoint: string; body: Body }) => {
    const headers = { 'content-type': 'application/json' }
    return queue.pushRequest({ request: new Request(endpoint, { method: 'POST', body: JSON.stringify(body), headers }) })
  },
  replay: () => queue.replayRequests(),
  all: async () => {
    const entries = await queue.getAll()
    return Promise.all(entries.map(({ request }) => request.json()))
  },
}

scope.addEventListener('install', () => void scope.skipWaiting())
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
scope.addEventListener('message', (event) => event.waitUntil(reply(verbs, event.data as Call, event.source as unknown as Port)))

import type { Shell } from '../shell-list.ts'

/** Put before this file by the build. */
declare const SHELL: Shell

/** How long a page may take to come over the line before the stored one is shown, in milliseconds. */
const PATIENCE = 3_000

/** What the names of the demo's caches begin with, this one and earlier ones. Others of this origin are not its to delete: the queue keeps a reserve in one. */
const OURS = 'shell-'

const CACHE = `${OURS}${SHELL.version}`

// With the types of pages and workers in one program, `self` is a window.
const worker = globalThis as unknown as ServiceWorkerGlobalScope

worker.addEventListener('install', (event) => {
  event.waitUntil(store().then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOlder().then(() => worker.clients.claim()))
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  // Orders go out from the queue's own worker, and pass through here: nothing in here may touch them.
  if (request.method !== 'GET' || origin !== worker.location.origin || pathname.startsWith('/api/')) return
  event.respondWith(request.mode === 'navigate' ? page(request) : asset(request))
})

/** Takes in the page, its styles and scripts, and the file of the queue's worker: without that a reload in a tunnel would start none. */
async function store(): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: 'no-cache' })))
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)))
}

/** The page as it is now; as it was when it cannot be had. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE) })
  } catch {
    return (await caches.match(request, { ignoreSearch: true })) ?? (await caches.match('/')) ?? Response.error()
  }
}

/** All else has a hash in its name, or hardly ever changes. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}

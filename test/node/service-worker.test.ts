import { describe, expect, test, vi } from 'vitest'
import { capture } from '../../src/host/capture.ts'
import { defineQueue } from '../../src/message/definition.ts'
import type { QueueDefinition } from '../../src/message/definition.ts'
import type { EnqueueOptions } from '../../src/message/enqueue-options.ts'
import type { Platform } from '../../src/host/platform.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { background, define, endpoint, scope, sync, useBackground, world } from '../world/background-stage.ts'
import { openBackground } from '../world/fake-scope.ts'
import { status, unreachable } from '../world/fake-server.ts'
import { collect, heard, turns } from '../world/world.ts'

useBackground()

/** Stores numbers from within the service worker: no page is there, nor was. */
async function put(definition: QueueDefinition, count: number): Promise<void> {
  const body = (n: number): Request => new Request(endpoint, { method: 'POST', body: String(n) })
  const { takeRequest } = await import('../../src/message/request.ts')
  for (let n = 1; n <= count; n++) await background.put(definition, await takeRequest(body(n)), {})
}

/** A queue that is served, and holds so many messages. */
async function serveWith(count: number): Promise<void> {
  const orders = define()
  background.serve([orders])
  await put(orders, count)
}

describe('a service worker', () => {
  test('takes what a page may say of a message, and refuses what a page may not', async () => {
    const { takeRequest } = await import('../../src/message/request.ts')
    const orders = define({ ttl: 60_000 })
    const taken = await takeRequest(new Request(endpoint, { method: 'POST', body: '1' }))
    for (const options of [
      { ttl: 0 },
      { delay: 60_000 },
      { dedupKey: '' },
      { onDuplicate: 'latest' },
      { idempotencyKey: 'ü' },
      { group: 'a' },
      { tll: 5 },
    ]) {
      await expect(background.put(orders, taken, options as EnqueueOptions)).rejects.toMatchObject({ code: 'invalid-option' })
    }
    await background.put(orders, taken, { delay: 5_000, maxAttempts: 3, idempotencyKey: 'mine' })
    const queue = world.openTab().open({}, orders)
    expect(await collect(queue.messages())).toMatchObject([{ state: 'delayed', options: { maxAttempts: 3, idempotencyKey: 'mine' } }])
  })

  test('drains when Background Sync calls, with no page open, and the event lasts as long as the drain', async () => {
    await serveWith(3)
    const release = world.server.holdNext()
    const event = sync()
    let isOver = false
    void event.then(() => (isOver = true))
    await world.server.arrived(1)
    await turns()
    expect(isOver).toBe(false)
    release()
    await world.passUntil(event)
    expect(world.server.bodies).toEqual([1, 2, 3])
    // Whoever comes next may lead.
    expect(world.locks.size).toBe(0)
  })

  test('rejects to be called again while messages wait: the server is away for longer than an event may last', async () => {
    await serveWith(1)
    world.server.react = unreachable
    const began = world.clock.elapsed()
    await expect(world.passUntil(sync())).rejects.toThrow('has messages left')
    // Chromium would end it after three minutes.
    expect(world.clock.elapsed() - began).toBeLessThan(170_000)
    expect(world.server.arrivals.length).toBeGreaterThan(2)
    // The browser counts its calls: a server that is away is not to be called for ever.
    expect(scope.tags).toEqual([])
    expect(world.locks.size).toBe(0)
    world.server.react = status(200)
    await world.passUntil(sync())
    expect(world.server.bodies.at(-1)).toBe(1)
  })

  test('ends at once when there is no connection, and is called again', async () => {
    await serveWith(1)
    scope.navigator.onLine = false
    const began = world.clock.elapsed()
    await expect(world.passUntil(sync())).rejects.toThrow('there is no connection')
    expect(world.clock.elapsed() - began).toBeLessThan(1_000)
    expect(world.server.arrivals).toEqual([])
    // As soon as there is a connection, and not in five minutes only.
    expect(scope.tags).toEqual([`holdfast/${world.name}`])
  })

  test('leaves the drain to a page that leads, and lasts until the queue is empty', async () => {
    const orders = define()
    const page = world.openTab().open({}, orders)
    await page.idle()
    const release = world.server.holdNext()
    await page.enqueue(1)
    await page.enqueue(2)
    await world.server.arrived(1)
    background.serve([orders])
    const event = sync()
    await turns()
    release()
    await world.passUntil(event)
    expect(world.server.bodies).toEqual([1, 2])
  })

  test('takes over from a page that is closed in the middle of a drain', async () => {
    const orders = define()
    const tab = world.openTab()
    const page = tab.open({}, orders)
    const release = world.server.holdNext()
    await page.enqueue(1)
    await page.enqueue(2)
    await world.server.arrived(1)
    background.serve([orders])
    const event = sync()
    const closed = tab.close()
    await turns()
    release()
    await world.passUntil(Promise.all([event, closed]))
    expect(world.server.bodies).toEqual([1, 2])
  })

  test('drains as it is started, as it is activated, and when a page calls that is left', async () => {
    const orders = define()
    await put(orders, 1)
    background.serve([orders])
    await world.server.arrived(1)
    await put(orders, 1)
    void scope.activate()
    await world.server.arrived(2)
    await put(orders, 1)
    await world.passUntil(scope.post({ holdfast: 'drain', queue: world.name })!)
    expect(world.server.arrivals).toHaveLength(3)
  })

  test('is called again for a page that was left offline, before it could ask for that by itself', async () => {
    await serveWith(1)
    scope.navigator.onLine = false
    await scope.post({ holdfast: 'drain', queue: world.name })
    expect(scope.tags).toEqual([`holdfast/${world.name}`])
    expect(world.server.arrivals).toEqual([])
  })

  test('minds its own business: other tags, other messages, queues that it does not serve', async () => {
    background.serve([define()])
    expect(scope.sync('workbox-background-sync:orders')).toBeUndefined()
    expect(scope.sync('holdfast/others')).toBeUndefined()
    expect(scope.post({ holdfast: 'drain', queue: 'others' })).toBeUndefined()
    expect(scope.post(null)).toBeUndefined()
    expect(scope.post('drain')).toBeUndefined()
  })

  test.each([
    ['paused', { ready: 2 }],
    ['halted', { ready: 1, dead: 1 }],
  ] as const)('is content with a queue that is %s: no call would help', async (how, left) => {
    const orders = define({ onDead: 'halt' })
    const tab = world.openTab()
    const page = tab.open({}, orders)
    if (how === 'paused') await page.pause()
    else world.server.next(status(422))
    await page.enqueue(1)
    if (how === 'halted') await heard(page, 'halted')
    await page.enqueue(2)
    await tab.close()
    background.serve([orders])
    await world.passUntil(sync())
    const arrived = world.server.arrivals.length
    expect(await world.openTab().open({}, orders).depth()).toMatchObject(left)
    expect(arrived).toBe(how === 'paused' ? 0 : 1)
  })

  test('asks the functions of its definition, and sends nothing without those that only pages have', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const lacking = define()
    await visitWithHeaders(lacking)
    background.serve([lacking])
    await expect(world.passUntil(sync())).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(`Expected \`headers\` in the definition of "${world.name}"`) as string,
    })
    await world.passUntil(scope.post({ holdfast: 'drain', queue: world.name })!)
    expect(warn).toHaveBeenCalled()
    expect(world.server.arrivals).toEqual([])
    warn.mockRestore()

    const having = openBackground(world.platform)
    having.background.serve([define({ headers: () => ({ authorization: 'from the definition' }) })])
    await world.passUntil(having.scope.sync(`holdfast/${world.name}`)!)
    expect(world.server.arrivals.map(({ headers }) => headers.get('authorization'))).toEqual(['from the definition'])
    await having.background.close()
  })

  test.each(['has heard of it', 'has not'])('goes on with the queue that was opened since one was destroyed, where it %s', async (how) => {
    const deaf: Partial<Platform> = { openChannel: () => ({ postMessage() {}, addEventListener() {}, close() {} }) }
    const own = how === 'has not' ? openBackground({ ...world.platform, ...deaf }) : { scope, background }
    const orders = define()
    own.background.serve([orders])
    const { takeRequest } = await import('../../src/message/request.ts')
    const store = async (body: string): Promise<string> =>
      own.background.put(orders, await takeRequest(new Request(endpoint, { method: 'POST', body })), {})
    await store('before')
    await world.passUntil(own.scope.sync(`holdfast/${world.name}`)!)
    await world.openTab().open({}, orders).destroy()
    await turns()
    if (how === 'has not') await expect(store('stale')).rejects.toMatchObject({ code: 'destroyed' })
    await store('after')
    await world.passUntil(own.scope.sync(`holdfast/${world.name}`)!)
    expect(world.server.bodies).toEqual(['before', 'after'])
    if (own.background !== background) await own.background.close()
  })

  test('ends each event of Background Sync in time, also where a page has called meanwhile', async () => {
    await serveWith(1)
    world.server.react = unreachable
    const began = world.clock.elapsed()
    const event = sync()
    world.clock.after(100_000, () => void scope.post({ holdfast: 'drain', queue: world.name }))
    await expect(world.passUntil(event)).rejects.toThrow('its time was over')
    expect(world.clock.elapsed() - began).toBeLessThan(175_000)
    await world.passUntil(scope.rests())
  })

  test('ends when the server does not know who we are', async () => {
    await serveWith(1)
    world.server.next(status(401))
    await expect(world.passUntil(sync())).rejects.toThrow('the server does not know who we are')
  })
})

/** A page that enqueues one message, with headers that only it can give, and is gone before it is sent. */
async function visitWithHeaders(definition: QueueDefinition): Promise<void> {
  const tab = world.openTab()
  const page: Queue = tab.open({ headers: () => ({ authorization: 'from the page' }) }, definition)
  world.server.next(unreachable)
  const failed = heard(page, 'retry-scheduled')
  await page.enqueue(1)
  await failed
  await tab.close()
  world.server.arrivals.length = 0
}

describe('a captured request', () => {
  const post = (init: RequestInit = {}): Request => new Request(endpoint, { method: 'POST', body: 'x', ...init })
  const offline = (): void => world.server.next(unreachable)

  test('that gets through is none: the page has the server’s answer, whatever it is', async () => {
    capture(background, { queue: define(), match: () => true, redirects: 'retry' })
    world.server.next(status(422))
    expect(await scope.fetch(post())).toMatchObject({ status: 422 })
    await scope.rests()
    expect(world.server.arrivals).toHaveLength(1)
  })

  test.each([
    ['there is no connection', unreachable],
    ['a gateway says that the server behind it is away', status(502)],
    ['the server says that it is busy', status(503)],
    ['the gateway has waited in vain', status(504)],
  ])('is stored whole where %s, answered with 202 and its id, and sent later', async (_, reaction) => {
    const orders = define()
    capture(background, { queue: orders, match: ({ url }) => url === endpoint, redirects: 'retry' })
    world.server.next(reaction)
    scope.navigator.onLine = false
    const answer = (await scope.fetch(post({ body: 'whole', headers: { 'x-kept': 'yes', authorization: 'secret' } })))!
    expect(answer.status).toBe(202)
    const { id } = (await answer.json()) as { id: string }
    expect(scope.tags).toEqual([`holdfast/${world.name}`])
    await scope.rests()
    scope.navigator.onLine = true
    await world.passUntil(scope.sync(scope.tags[0]!)!)
    const { body, headers } = world.server.arrivals[1]!
    expect(body).toBe('whole')
    expect(headers.get('idempotency-key')).toBe(`"${id}"`)
    expect(headers.get('x-kept')).toBe('yes')
    expect(headers.has('authorization')).toBe(false)
  })

  test('with a large file is stored in chunks, and sent byte for byte', async () => {
    const orders = define()
    capture(background, { queue: orders, match: () => true, redirects: 'retry' })
    offline()
    scope.navigator.onLine = false
    const bytes = Uint8Array.from({ length: 3 * 1024 * 1024 + 5 }, (_, at) => (at * 7 + (at >> 9)) & 255)
    expect((await scope.fetch(post({ body: bytes })))!.status).toBe(202)
    await scope.rests()
    scope.navigator.onLine = true
    let read!: (bytes: Uint8Array) => void
    const arrived = new Promise<Uint8Array>((resolve) => (read = resolve))
    world.server.next(async (request) => {
      read(await request.bytes())
      return new Response()
    })
    const drained = scope.sync(scope.tags[0]!)!
    // No time passes before: megabytes take more turns than an attempt may take time.
    expect(Buffer.compare(await arrived, bytes)).toBe(0)
    await world.passUntil(drained)
  })

  test('is told to the pages, which drain it', async () => {
    const orders = define()
    const page = world.openTab().open({}, orders)
    await page.idle()
    capture(background, { queue: orders, match: () => true, redirects: 'retry' })
    offline()
    scope.navigator.onLine = false
    const accepted = heard(page, 'accepted')
    const { id } = (await (await scope.fetch(post()))!.json()) as { id: string }
    expect(await accepted).toMatchObject({ id })
  })

  test('is never one of a queue’s own, nor one that only asks, nor one that does not match', async () => {
    const match = vi.fn<(request: Request) => boolean>(() => false)
    capture(background, { queue: define(), match, redirects: 'retry' })
    const own = post({ headers: { 'holdfast-message': '"orders";epoch=1;sequence=1' } })
    expect([own, new Request(endpoint), new Request(endpoint, { method: 'HEAD' })].map((request) => scope.fetch(request))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(match).not.toHaveBeenCalled()
    expect(scope.fetch(post())).toBeUndefined()
  })

  test('that the page has given up is not stored', async () => {
    const orders = define()
    capture(background, { queue: orders, match: () => true, redirects: 'retry' })
    const givenUp = new AbortController()
    const release = world.server.holdNext()
    const answer = scope.fetch(post({ signal: givenUp.signal }))!
    await world.server.arrived(1)
    givenUp.abort()
    world.server.hangUp()
    await expect(answer).rejects.toThrow()
    release()
    expect(await world.openTab().open({}, orders).depth()).toMatchObject({ ready: 0, leased: 0 })
  })

  test('that the queue refuses is answered with a 503 that says why', async () => {
    capture(background, { queue: define({ capacity: { bytes: 1 } }), match: () => true, redirects: 'retry' })
    offline()
    const answer = (await scope.fetch(post({ body: 'too much' })))!
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'queue-full' })
  })

  test('that is stored is never answered as if it was not: where the page to be shown is not to be had, as to a script', async () => {
    const page = (): string => {
      throw new Error('a bug of the app')
    }
    capture(background, { queue: define(), match: () => true, redirects: 'accept', page })
    offline()
    const form = post()
    Object.defineProperty(form, 'mode', { value: 'navigate' })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect((await scope.fetch(form))!.status).toBe(202)
    expect(warn).toHaveBeenCalled()
    warn.mockRestore()
  })

  test('counts a redirect as it was said', async () => {
    const orders = define({ maxAttempts: 1 })
    capture(background, { queue: orders, match: () => true, redirects: 'accept' })
    world.server.next(unreachable, status(303))
    await scope.fetch(post())
    await world.passUntil(scope.rests())
    expect(await world.openTab().open({}, orders).depth()).toMatchObject({ ready: 0, dead: 0 })
  })

  test('has a group, where the queue has groups', async () => {
    const orders = define({ order: 'group' })
    capture(background, { queue: orders, match: () => true, redirects: 'retry', group: ({ url }): string => new URL(url).pathname })
    offline()
    scope.navigator.onLine = false
    await scope.fetch(post())
    const page = world.openTab().open({}, orders)
    const enqueued = await collect(page.messages())
    expect(enqueued).toMatchObject([{ group: '/orders', request: { method: 'POST', url: endpoint } }])
  })

  test.each<[object, string]>([
    [{}, 'Expected `match` to be a function that says whether a request is captured, got undefined'],
    [{ match: () => true }, 'Expected `queue` to be what `defineQueue` gives, got undefined'],
    [{ match: () => true, queue: 'orders' }, 'Expected `queue` to be what `defineQueue` gives, got "orders" (string)'],
    [{ match: () => true, queue: defineQueue('orders', { endpoint }) }, "Expected `redirects` to be 'retry' or 'accept', got undefined"],
  ])('%o is refused', (options, message) => {
    expect(() => capture(background, options as never)).toThrow(expect.objectContaining({ code: 'invalid-option', message }))
  })
})

import { openDB } from 'idb'
import type { DBSchema } from 'idb'
import { describe, expectTypeOf, test } from 'vitest'
import { ack, defineQueue, isQueueError, openQueue } from '../../src/index.ts'
import type {
  Ack,
  Answer,
  BatchLimits,
  Codec,
  DeadLetter,
  Depth,
  Queue,
  QueueDefinition,
  QueueErrorCode,
  QueueEvent,
  QueueOptions,
  Receipt,
  RequestParts,
  WaitingMessage,
} from '../../src/index.ts'
import { installOutbox, openOutbox, OUTBOX } from '../../src/outbox.ts'
import { createReceiver } from '../../src/receiver.ts'
import type { Place } from '../../src/receiver.ts'
import { captureFailedRequests, takeOverWorkbox } from '../../src/service-worker.ts'
import type { TakenOver } from '../../src/service-worker.ts'
import { serve } from '../../src/worker.ts'

interface Order {
  sku: string
  quantity: number
}

declare const orders: Queue<Order>

describe('openQueue', () => {
  test('types bodies by its parameter, and by a definition', () => {
    expectTypeOf(openQueue<Order>('orders', { endpoint: '/orders' })).toEqualTypeOf<Queue<Order>>()
    const definition = defineQueue<Order>('orders', { endpoint: new URL('https://shop.example/') })
    expectTypeOf(definition).toEqualTypeOf<QueueDefinition<Order>>()
    expectTypeOf(openQueue(definition)).toEqualTypeOf<Queue<Order>>()
    expectTypeOf(openQueue(definition, { host: 'in-place' })).toEqualTypeOf<Queue<Order>>()
    expectTypeOf(openQueue('orders', { endpoint: '/orders' })).toEqualTypeOf<Queue>()
  })

  test('takes a codec of its bodies, and gives a body by its id', () => {
    const codec = { type: 'x/y', encode: (order: Order) => order.sku, decode: (): Order => ({ sku: '', quantity: 1 }) }
    expectTypeOf(openQueue<Order>('orders', { endpoint: '/', codec })).toEqualTypeOf<Queue<Order>>()
    expectTypeOf(orders.body('id')).toEqualTypeOf<Promise<Order | Blob | undefined>>()
    expectTypeOf(codec).toExtend<Codec<Order>>()
    // @ts-expect-error -- it decodes something else
    openQueue<Order>('orders', { endpoint: '/', codec: { ...codec, decode: () => 1 } })
    expectTypeOf(openQueue<FormData>('photos', { endpoint: '/' }).enqueue)
      .parameter(0)
      .toEqualTypeOf<FormData>()
  })

  test('takes headers in each form, and from a function of either kind', () => {
    openQueue('orders', { endpoint: '/', headers: { a: 'b' } })
    openQueue('orders', { endpoint: '/', headers: new Headers() })
    openQueue('orders', { endpoint: '/', headers: [['a', 'b']] })
    openQueue('orders', { endpoint: '/', headers: () => ({ a: 'b' }) })
    openQueue('orders', { endpoint: '/', headers: async ({ unauthorized, signal }) => ({ a: String(unauthorized && signal.aborted) }) })
    // @ts-expect-error -- a number is no header
    openQueue('orders', { endpoint: '/', headers: () => ({ a: 1 }) })
  })

  test('takes batches of a number of messages', () => {
    expectTypeOf<QueueOptions['batch']>().toEqualTypeOf<BatchLimits | undefined>()
    openQueue('orders', { endpoint: '/', batch: { messages: 10 } })
    openQueue('orders', { endpoint: '/', batch: { messages: 10, bytes: 1_000 } })
    // @ts-expect-error -- how many is needed
    openQueue('orders', { endpoint: '/', batch: { bytes: 1_000 } })
    // @ts-expect-error -- nothing waits for a batch to be full
    openQueue('orders', { endpoint: '/', batch: { messages: 10, wait: 100 } })
  })

  test('refuses what is no option', () => {
    // @ts-expect-error -- an endpoint is needed
    openQueue('orders', {})
    // @ts-expect-error -- with a name, options are needed
    openQueue('orders')
    // @ts-expect-error -- it ends at one or at the other
    openQueue('orders', { endpoint: '/', consumers: true })
    openQueue('orders', { consumers: true })
    // @ts-expect-error -- misspelt
    openQueue('orders', { endpoint: '/', maxAttempt: 3 })
    // @ts-expect-error -- a body could not be sent
    openQueue('orders', { endpoint: '/', method: 'GET' })
    // @ts-expect-error -- the function that starts it, not the worker
    openQueue('orders', { endpoint: '/', worker: new Worker('x') })
  })
})

describe('what follows', () => {
  test('has the bodies of its queues, open or defined', () => {
    const packing = defineQueue<{ parcel: string }>('packing', { consumers: true })
    expectTypeOf(
      ack({
        enqueue: [
          [packing, { parcel: 'p' }],
          [orders, { sku: 'A-1', quantity: 2 }, { delay: 1_000 }],
        ],
        answer: 1,
      }),
    ).toEqualTypeOf<Ack>()
    expectTypeOf(ack({ enqueue: [1, 2].map((n) => [packing, { parcel: `${n}` }] as const) })).toEqualTypeOf<Ack>()
    // @ts-expect-error -- the body of another
    ack({ enqueue: [[packing, { sku: 'A-1', quantity: 2 }]] })
    // @ts-expect-error -- misspelt
    ack({ enqueue: [[packing, { parcel: 'p' }, { dely: 1 }]] })
    // @ts-expect-error -- its name is no queue
    ack({ enqueue: [['packing', { parcel: 'p' }]] })
  })
})

describe('a queue', () => {
  test('takes and gives bodies of its type', () => {
    expectTypeOf(orders.enqueue).parameter(0).toEqualTypeOf<Order>()
    expectTypeOf(orders.enqueue).returns.resolves.toEqualTypeOf<Receipt>()
    expectTypeOf(orders.enqueueRequest).parameter(0).toEqualTypeOf<Request | RequestParts>()
    expectTypeOf({ url: '/photos', body: new FormData() }).toExtend<RequestParts>()
    expectTypeOf({ url: new URL('/'), method: 'PUT', body: new Blob(), credentials: 'include' as const }).toExtend<RequestParts>()
    // @ts-expect-error -- one cannot be read again
    void orders.enqueueRequest({ url: '/photos', body: new ReadableStream() })
    // @ts-expect-error -- nobody knows where to
    void orders.enqueueRequest({ body: 'x' })
    expectTypeOf(orders.enqueueRequest).returns.resolves.toEqualTypeOf<Receipt>()
    expectTypeOf(orders.messages()).toEqualTypeOf<AsyncIterable<WaitingMessage<Order>>>()
    expectTypeOf(orders.deadLetters()).toEqualTypeOf<AsyncIterable<DeadLetter<Order>>>()
    expectTypeOf<DeadLetter<Order>['body']>().toEqualTypeOf<Order | undefined>()
    expectTypeOf<Exclude<DeadLetter<Order>, { reason: 'unreadable' }>['body']>().toEqualTypeOf<Order>()
    // @ts-expect-error -- a part is missing
    void orders.enqueue({ sku: 'A-1' })
  })

  test('answers with plain data', () => {
    expectTypeOf<Receipt['delivered']>().resolves.toEqualTypeOf<Answer>()
    expectTypeOf<Answer['body']>().toBeUnknown()
    expectTypeOf(orders.depth()).resolves.toEqualTypeOf<Depth>()
    expectTypeOf(orders.redrive).parameter(0).toEqualTypeOf<Iterable<string> | undefined>()
    expectTypeOf(orders.purge()).resolves.toBeNumber()
  })

  test('is disposable', () => {
    expectTypeOf<Queue>().toExtend<AsyncDisposable>()
  })
})

test('an event is told apart by its type', () => {
  orders.subscribe((event) => {
    expectTypeOf(event).toEqualTypeOf<QueueEvent>()
    if (event.type === 'accepted') expectTypeOf(event.answer).toEqualTypeOf<Answer>()
    if (event.type === 'dead-lettered') expectTypeOf(event.status).toBeNumber()
    // @ts-expect-error -- only some events are about a message
    void event.id
  })
})

test('an error that was caught is told apart by its code', () => {
  const caught: unknown = null
  if (isQueueError(caught)) expectTypeOf(caught.code).toEqualTypeOf<QueueErrorCode>()
})

describe('an outbox', () => {
  interface Shop extends DBSchema {
    carts: { key: string; value: object }
    'holdfast-outbox': { key: IDBValidKey; value: unknown }
  }

  test('takes bodies of its queue’s type, in a transaction of the browser’s own or one of idb’s', async () => {
    const outbox = openOutbox(orders, { database: 'shop' })
    const order = { sku: 'A-1', quantity: 2 }
    const raw: IDBTransaction = null!
    expectTypeOf(outbox.enqueueIn(raw, order)).toBeString()
    const db = await openDB<Shop>('shop', 1, { upgrade: (upgraded) => installOutbox(upgraded) })
    outbox.enqueueIn(db.transaction(['carts', OUTBOX], 'readwrite'), order, { delay: 5 })
    const untyped = await openDB('shop')
    outbox.enqueueIn(untyped.transaction(OUTBOX, 'readwrite'), order)
    installOutbox(raw.db)
    // @ts-expect-error -- a part is missing
    outbox.enqueueIn(raw, { sku: 'A-1' })
    // @ts-expect-error -- no transaction
    outbox.enqueueIn(db, order)
  })
})

test('what is read can be enqueued elsewhere', async () => {
  for await (const { body, options } of orders.messages()) void orders.enqueue(body, options)
  for await (const letter of orders.deadLetters()) if (letter.reason !== 'unreadable') void orders.enqueue(letter.body, letter.options)
})

test('a queue is opened for somebody, whose messages headers are asked for', () => {
  openQueue('orders', { endpoint: '/', identity: 'ann', headers: ({ identity = '' }) => ({ authorization: identity }) })
  // @ts-expect-error -- a name of somebody
  openQueue('orders', { endpoint: '/', identity: 7 })
})

test('a receiver types the bodies that it hands on', () => {
  const receive = createReceiver<Order>({
    handle: ({ id, body, place }) => {
      expectTypeOf(id).toBeString()
      expectTypeOf(body).toEqualTypeOf<Order>()
      expectTypeOf(place).toEqualTypeOf<Place | undefined>()
    },
  })
  expectTypeOf(receive).toEqualTypeOf<(request: Request) => Promise<Response>>()
})

test('a service worker captures, and says for itself what a redirect means', () => {
  const uploads = defineQueue<Order>('uploads', { endpoint: '/' })
  captureFailedRequests({ queue: uploads, match: ({ url }) => url.endsWith('/'), redirects: 'accept', page: (id) => `/saved?${id}` })
  // @ts-expect-error -- there is no default
  captureFailedRequests({ queue: uploads, match: () => true })
  expectTypeOf(takeOverWorkbox({ queueName: 'uploads', queue: uploads })).resolves.toEqualTypeOf<TakenOver>()
})

test('a worker serves definitions, whatever their bodies', () => {
  expectTypeOf(serve(defineQueue<Order>('orders', { endpoint: '/' }), defineQueue<number>('n', { endpoint: '/' }))).toBeVoid()
})

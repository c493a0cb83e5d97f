import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import type { DispatchNote } from './note.ts'
import type { Order } from './order.ts'

/** How many orders may wait on this device: three mornings' worth. */
export const CAPACITY = 1_000

/** For how long the device remembers what was delivered: a shift, and a night's sleep. */
export const REMEMBERED: number = 24 * 60 * 60 * 1_000

const headers = { 'demo-device': deviceName() }

/**
 * The queue, and all that it takes. It runs in a worker of its own from now on, and delivers what an earlier visit has left behind: a
 * customer's orders one after the other, customers side by side. An order that the server will not take stops its customer, and nobody else.
 */
export const queue: Queue<Order> = openQueue<Order>('orders', {
  endpoint: '/api/orders',
  headers,
  timeout: 10_000,
  group: ({ customer }) => customer.name,
  onDead: 'halt',
  capacity: { messages: CAPACITY },
  keepReceipts: { age: REMEMBERED, number: 500 },
})

/** The driver's note to dispatch, stored with each key pressed: what waits is one message, with the text as it is now. */
export const notes: Queue<DispatchNote> = openQueue<DispatchNote>('note', {
  endpoint: '/api/note',
  headers,
  dedupKey: () => 'note',
  onDuplicate: 'latest',
})

/**
 * Proofs of delivery, each a form with a photograph: a queue of their own, so that no order waits for a large picture. What the server will
 * not take holds up nobody, and comes back into the form.
 */
export const proofs: Queue = openQueue('proofs', {
  endpoint: '/api/proofs',
  headers,
  keepReceipts: { age: REMEMBERED, number: 50 },
  uploadProgress: true,
})

/** The server checks order device by device. It is kept beside the queue: who deletes this site's data deletes both. */
function deviceName(): string {
  const name = localStorage.getItem('device') ?? crypto.randomUUID()
  localStorage.setItem('device', name)
  return name
}

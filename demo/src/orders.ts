import { openQueue } from 'holdfast'
import type { Queue } from 'holdfast'
import type { Order } from './order.ts'

/**
 * The queue, and all that it takes: a name, and where its messages go. It runs in a worker of its own from now on, and delivers what an
 * earlier visit has left behind.
 */
export const queue: Queue<Order> = openQueue<Order>('orders', {
  endpoint: '/api/orders',
  headers: { 'demo-device': deviceName() },
  timeout: 10_000,
})

/** The server checks order device by device. It is kept beside the queue: who deletes this site's data deletes both. */
function deviceName(): string {
  const name = localStorage.getItem('device') ?? crypto.randomUUID()
  localStorage.setItem('device', name)
  return name
}

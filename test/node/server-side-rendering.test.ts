import { expect, test } from 'vitest'
import { openQueue } from '../../src/index.ts'
import { countCollected } from '../world/collected.ts'

// No fake-indexeddb in this file: it is a server.
test('where there is no IndexedDB, opening at module scope is inert, and methods say why', async () => {
  const orders = openQueue('orders', { endpoint: '/api/orders' })
  expect(orders.subscribe(() => {})).toBeTypeOf('function')
  await expect(orders.enqueue(1)).rejects.toMatchObject({ code: 'unsupported' })
  await expect(orders.depth()).rejects.toMatchObject({ code: 'unsupported' })
  await orders.close()
})

test('there, nothing is kept of a queue that is never closed: a server renders a page a thousand times', async () => {
  const queues = Array.from({ length: 100 }, () => new WeakRef(openQueue('orders', { endpoint: '/api/orders' })))
  expect(await countCollected(queues)).toBe(100)
})

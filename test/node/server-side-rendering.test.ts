import { expect, test } from 'vitest'
import { openQueue } from '../../src/index.ts'

// No fake-indexeddb in this file: it is a server.
test('where there is no IndexedDB, opening at module scope is inert, and methods say why', async () => {
  const orders = openQueue('orders', { endpoint: '/api/orders' })
  expect(orders.subscribe(() => {})).toBeTypeOf('function')
  await expect(orders.enqueue(1)).rejects.toMatchObject({ code: 'unsupported' })
  await expect(orders.depth()).rejects.toMatchObject({ code: 'unsupported' })
  await orders.close()
})

import { expect, test } from 'vitest'
import type { Answer } from '../../src/message/message.ts'
import { FakeHost } from '../world/fake-host.ts'

const answer: Answer = { status: 201, headers: {}, body: 'made' }

test('each message of a batch has its own decision: one is stored, one finds no space, one is the same as another', async () => {
  const host = new FakeHost()
  const orders = host.open<string>({ capacity: { messages: 1 } })
  host.decide = () => [
    [1, 'full'],
    [2, { sameAs: 'earlier.0.0' }],
  ]
  const [stored, full, same] = await Promise.allSettled(['a', 'b', 'c'].map((body) => orders.enqueue(body)))
  expect(host.batches).toHaveLength(1)
  expect(stored).toMatchObject({ status: 'fulfilled', value: { id: host.batches[0]!.messages[0]!.id } })
  expect(full).toMatchObject({ status: 'rejected', reason: { name: 'QueueError', code: 'queue-full' } })
  expect(same).toMatchObject({ status: 'fulfilled', value: { id: 'earlier.0.0' } })
  await orders.close()
})

test('two messages that are the same give one receipt, which settles for both', async () => {
  const host = new FakeHost()
  const orders = host.open<string>({ dedupKey: (body) => body })
  host.decide = ({ messages }) => [[1, { sameAs: messages[0]!.id }]]
  const [first, second] = await Promise.all([orders.enqueue('a'), orders.enqueue('a')])
  expect(second.id).toBe(first.id)
  host.standings.set(first.id, { state: 'ready' })
  const delivered = Promise.all([first.delivered, second.delivered, orders.receipt(first.id).delivered])
  host.tell({ type: 'accepted', id: first.id, answer })
  expect(await delivered).toEqual([answer, answer, answer])
  await orders.close()
})

test('the receipt of a message that is the same as one delivered before asks what became of that', async () => {
  const host = new FakeHost()
  const orders = host.open<string>({ dedupKey: (body) => body, dedupWindow: 1_000 })
  host.decide = () => [[0, { sameAs: 'earlier.0.0' }]]
  host.standings.set('earlier.0.0', { state: 'accepted', answer })
  const { delivered } = await orders.enqueue('a')
  expect(await delivered).toEqual(answer)
  await orders.close()
})

test('a message that was refused is no trouble for those after it', async () => {
  const host = new FakeHost()
  const orders = host.open<string>()
  host.decide = () => [[0, 'full']]
  await expect(orders.enqueue('a')).rejects.toMatchObject({ code: 'queue-full' })
  host.decide = () => []
  const { id, delivered } = await orders.enqueue('b')
  host.tell({ type: 'accepted', id, answer })
  expect(await delivered).toEqual(answer)
  await orders.close()
})

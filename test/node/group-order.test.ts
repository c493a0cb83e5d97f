import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeLocks } from '../world/fake-locks.ts'
import { silence } from '../world/fake-server.ts'
import { World } from '../world/world.ts'

/** A group of which one message is under way may be parked behind it, to make room for others: what stands before what, then? */
let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('when the leader dies, its successor begins with the message that was under way, and not with those parked behind it', async () => {
  world.server.next(silence)
  const options = { group: (body: string) => body[0]!, concurrency: 2 }
  const dying = world.openTab({ locks: new FakeLocks().manager }).open<string>(options)
  await Promise.all(numbers(1_200).map((n) => dying.enqueue(`a${n}`)))
  await world.server.arrived(1)
  await dying.enqueue('b')
  await world.server.arrived(2)
  const successor = world.open<string>(options)
  await successor.idle()
  const ofA = world.server.bodies.filter((body) => body !== 'b')
  expect(ofA).toEqual(['a0', ...numbers(1_200).map((n) => `a${n}`)])
})

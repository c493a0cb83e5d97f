import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Answer } from '../../src/message/message.ts'
import type { Queue } from '../../src/producer/queue.ts'
import { status } from '../world/fake-server.ts'
import { raw, RawServer } from '../world/raw-server.ts'
import type { Raw } from '../world/raw-server.ts'
import { collect, heard, turns, World } from '../world/world.ts'

let world: World
beforeEach(() => void (world = new World()))
afterEach(() => world.end())

const keepReceipts = { age: 24 * 60 * 60 * 1_000, number: 100 }
const json = 'content-type: application/json'

/** Resolves when an answer has begun. */
let begun: Promise<Response>

function openAt(endpoint: string): Queue<string> {
  let begin!: (response: Response) => void
  begun = new Promise((resolve) => (begin = resolve))
  const watched: typeof fetch = async (...asked) => {
    const response = await fetch(...asked)
    begin(response)
    return response
  }
  return world.openTab({ fetch: watched }).open<string>({ endpoint, keepReceipts, timeout: 7_000 })
}

/** What a receipt gives; and, the same, what is kept. */
async function answerTo(reaction: Raw): Promise<Answer> {
  await using server = await RawServer.start(reaction)
  await using orders = openAt(server.url)
  const { id, delivered } = await orders.enqueue('x')
  const answer = await delivered
  await orders.idle()
  expect((await collect(orders.receipts())).find((kept) => kept.id === id)).toMatchObject({ answer })
  expect(server.requests).toHaveLength(1)
  return answer
}

/** Goes on for as long as it is read. */
async function endlessly(socket: Parameters<Raw>[0], chunk: string): Promise<void> {
  while (!socket.destroyed) if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
}

describe('whatever a server answers with, its message is accepted once, and what is kept of it is bounded', () => {
  test('a body without end: it is cut off, and the connection let go', async () => {
    let ended!: () => void
    const hasEnded = new Promise<void>((resolve) => (ended = resolve))
    const { body } = await answerTo(async (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${json}\r\ntransfer-encoding: chunked\r\n\r\n`)
      await endlessly(socket, `2710\r\n${'a'.repeat(10_000)}\r\n`)
      ended()
    })
    expect(body).toBe('a'.repeat(65_536))
    await hasEnded
  })

  test('a body that is not what it is called', async () => {
    expect(await answerTo(raw('200 OK', [json], '<html>'))).toMatchObject({ body: '<html>' })
    expect(await answerTo(raw('200 OK', ['content-type: text/html'], '{"a":1}'))).toMatchObject({ body: '{"a":1}' })
    expect(await answerTo(raw('200 OK', ['content-type: ;;;'], '{"a":1}'))).toMatchObject({ body: '{"a":1}' })
    expect(await answerTo(raw('200 OK', [json, 'content-encoding: gzip', 'content-length: 7'], '{"a":1}'))).toMatchObject({
      status: 200,
      body: undefined,
    })
  })

  test('bytes that are no text', async () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])
    expect(await answerTo(raw('200 OK', [json], bytes))).toMatchObject({ body: { '\uFFFD\uFFFD(': 1 } })
    expect(await answerTo(raw('200 OK', [], new Uint8Array([0xc3])))).toMatchObject({ body: '\uFFFD' })
  })

  test('JSON with the names of what objects inherit', async () => {
    const text = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'
    const { body } = await answerTo(raw('200 OK', [json], text))
    expect(JSON.stringify(body)).toBe(text)
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('isAdmin')
  })

  test('JSON that is nested more deeply than anything can clone: it is text', async () => {
    const text = '['.repeat(20_000) + ']'.repeat(20_000)
    expect(await answerTo(raw('200 OK', [json], text))).toMatchObject({ body: text })
    const deepest = '['.repeat(500) + '1'.repeat(9) + ']'.repeat(500)
    expect(JSON.stringify((await answerTo(raw('200 OK', [json], deepest))).body)).toBe(deepest)
    expect(await answerTo(raw('200 OK', [json], `[${deepest}]`))).toMatchObject({ body: `[${deepest}]` })
  })

  test('a length that is not so', async () => {
    expect(await answerTo(raw('200 OK', [json, 'content-length: 1000'], '{"a":1}'))).toMatchObject({ status: 200, body: undefined })
    expect(await answerTo(raw('200 OK', [json, 'content-length: 7'], '{"a":1}HTTP/1.1 500 No\r\n\r\n'))).toMatchObject({ body: { a: 1 } })
  })

  test('a body that stalls: the attempt has its time, and no more', async () => {
    let ended!: () => void
    const hasEnded = new Promise<void>((resolve) => (ended = resolve))
    const answer = answerTo((socket) => {
      socket.on('close', ended)
      socket.write(`HTTP/1.1 201 Created\r\n${json}\r\ncontent-length: 1000\r\n\r\n{"a"`)
    })
    await turns()
    await begun
    await world.clock.armedWithin(7_000)
    world.clock.advance(7_000)
    expect(await answer).toMatchObject({ status: 201, body: undefined })
    await hasEnded
  })
})

test('a refusal that stalls is tried again as what it is', async () => {
  await using server = await RawServer.start((socket) => void socket.write('HTTP/1.1 500 No\r\ncontent-length: 1000\r\n\r\nbe'))
  const orders = openAt(server.url)
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  await begun
  await world.clock.armedWithin(7_000)
  world.clock.advance(7_000)
  expect(await scheduled).toMatchObject({ reason: 'failed', status: 500 })
})

test('a redirect to another origin is not followed: neither the body nor the headers go there', async () => {
  await using other = await RawServer.start(raw('200 OK', [], ''))
  await using server = await RawServer.start(raw('307 Temporary Redirect', [`location: ${other.url}`], ''))
  const orders = openAt(server.url)
  const scheduled = heard(orders, 'retry-scheduled')
  await orders.enqueue('x')
  expect(await scheduled).toMatchObject({ reason: 'redirected' })
  expect(server.requests).toHaveLength(1)
  expect(other.requests).toEqual([])
})

test('a flood of headers: those that are kept are few, and short', async () => {
  const flood = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x-flood-${index}`, 'a'.repeat(1_000)]))
  world.server.next(status(200, { ...flood, etag: 'b'.repeat(8_192), __proto__: 'c', location: '/orders/7', constructor: 'd' }, 'yes'))
  const orders = world.open<string>({ keepReceipts })
  const { delivered } = await orders.enqueue('x')
  const answer = { status: 200, body: 'yes', headers: { location: '/orders/7', 'content-type': 'text/plain;charset=UTF-8' } }
  expect(await delivered).toEqual(answer)
  await orders.idle()
  expect(await collect(orders.receipts())).toMatchObject([{ answer }])
})

import { describe, expect, test, vi } from 'vitest'
import { createReceiver } from '../../src/receiver.ts'
import type { ReceivedMessage, ReceiverOptions } from '../../src/receiver.ts'

const bytes = Uint8Array.of(0, 255, 13, 10, 45, 45, 0, 128)

function send(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request('https://shop.example/uploads', { method: 'POST', headers: { 'idempotency-key': '"k"', ...headers }, body })
}

/** A receiver, and what it has handled. */
function receiver(options: Omit<ReceiverOptions, 'handle'>): { receive: (request: Request) => Promise<Response>; bodies: unknown[] } {
  const bodies: unknown[] = []
  return { bodies, receive: createReceiver({ ...options, handle: ({ body }: ReceivedMessage) => void bodies.push(body) }) }
}

describe('what is no JSON', () => {
  test('is refused unless its type is among `contentTypes`', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['image/*', 'Text/Plain'] })
    const statuses: unknown[] = []
    for (const type of ['image/png', 'IMAGE/JPEG; q=1', 'text/plain;charset=utf-8', 'text/html', 'imagery/png', 'image', '']) {
      statuses.push((await receive(send(bytes, { 'content-type': type, 'idempotency-key': `"${statuses.length}"` }))).status)
    }
    expect(statuses).toEqual([204, 204, 204, 415, 415, 415, 415])
    expect(bodies).toHaveLength(3)
    const any = receiver({ contentTypes: ['*/*'] })
    expect((await any.receive(send(bytes, { 'content-type': 'text/html' }))).status).toBe(204)
    // And JSON always is.
    expect((await receive(send('{"n":1}', { 'content-type': 'application/json', 'idempotency-key': '"j"' }))).status).toBe(204)
    expect(bodies.at(-1)).toEqual({ n: 1 })
  })

  test('is no JSON because its type begins like it', async () => {
    const text = '\u001E{"n":1}\n'
    const type = { 'content-type': 'application/json-seq' }
    expect((await receiver({}).receive(send(text, type))).status).toBe(415)
    const { receive, bodies } = receiver({ contentTypes: ['application/json-seq'] })
    expect((await receive(send(text, type))).status).toBe(204)
    expect(await (bodies[0] as Blob).text()).toBe(text)
  })

  test('arrives as a `Blob`, byte for byte, with its type', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['image/png'] })
    await receive(send(bytes, { 'content-type': 'image/png' }))
    const blob = bodies[0] as Blob
    expect([blob.type, new Uint8Array(await blob.arrayBuffer())]).toEqual(['image/png', bytes])
  })

  test('arrives as a form where it is one, with its files, and as `URLSearchParams` where they are sent so', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['multipart/form-data', 'application/x-www-form-urlencoded'] })
    const form = new FormData()
    form.append('caption', 'at the door')
    form.append('photo', new File([bytes], 'däch.png', { type: 'image/png' }))
    form.append('caption', 'again')
    expect((await receive(send(form))).status).toBe(204)
    expect((await receive(send(new URLSearchParams('a=1&b=%C3%A4&a=2'), { 'idempotency-key': '"u"' }))).status).toBe(204)
    const [sent, parameters] = bodies as [FormData, URLSearchParams]
    expect(sent.getAll('caption')).toEqual(['at the door', 'again'])
    const photo = sent.get('photo') as File
    expect([photo.name, photo.type, new Uint8Array(await photo.arrayBuffer())]).toEqual(['däch.png', 'image/png', bytes])
    expect(parameters).toBeInstanceOf(URLSearchParams)
    expect([...parameters]).toEqual([...new URLSearchParams('a=1&b=%C3%A4&a=2')])
  })

  test('that is no form though its type says so is told so', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['multipart/form-data'] })
    const answer = await receive(send('no form', { 'content-type': 'multipart/form-data; boundary=x' }))
    expect([answer.status, await answer.json()]).toMatchObject([400, { detail: 'Expected a body that is what its type says' }])
    expect(bodies).toEqual([])
  })

  test('takes effect once, and a key that comes with other bytes is refused', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['image/png'] })
    const type = { 'content-type': 'image/png' }
    expect((await receive(send(bytes, type))).status).toBe(204)
    expect((await receive(send(bytes, type))).status).toBe(204)
    expect((await receive(send(bytes.slice(1), type))).status).toBe(422)
    expect(bodies).toHaveLength(1)
  })

  test('is taken out of a batch, as bytes or as text, and is the same message as one that comes alone', async () => {
    const { receive, bodies } = receiver({ contentTypes: ['image/png', 'text/csv'] })
    const event = (id: string, more: object): object => ({ specversion: '1.0', id, partitionkey: id, source: 's', type: 't', ...more })
    const events = [
      event('k', { datacontenttype: 'image/png', data_base64: Buffer.from(bytes).toString('base64') }),
      event('text', { datacontenttype: 'text/csv', data: 'a,ä' }),
      event('json', { data_base64: Buffer.from('{"n":1}').toString('base64') }),
      event('html', { datacontenttype: 'text/html', data: '<p>' }),
      event('none', { datacontenttype: 'text/csv', data: 7 }),
      event('rubbish', { datacontenttype: 'image/png', data_base64: '§' }),
      event('object', { datacontenttype: 'image/png', data_base64: {} }),
      event('no json', { data_base64: 'AA==' }),
    ]
    const answer = await receive(send(JSON.stringify(events), { 'content-type': 'application/cloudevents-batch+json' }))
    const { results } = (await answer.json()) as { results: { status: number }[] }
    expect(results.map(({ status }) => status)).toEqual([204, 204, 204, 415, 400, 400, 400, 400])
    const [image, text, json] = bodies as [Blob, Blob, unknown]
    expect([image.type, new Uint8Array(await image.arrayBuffer())]).toEqual(['image/png', bytes])
    expect([text.type, await text.text()]).toEqual(['text/csv', 'a,ä'])
    expect(json).toEqual({ n: 1 })
    expect((await receive(send(bytes, { 'content-type': 'image/png' }))).status).toBe(204)
    expect((await receive(send('{"n":1}', { 'content-type': 'application/json', 'idempotency-key': '"json"' }))).status).toBe(204)
    expect(bodies).toHaveLength(3)
  })
})

test('what is too large is read to its end and thrown away, so that its sender hears the answer; within reason', async () => {
  const handle = vi.fn()
  const receive = createReceiver({ handle, maxBytes: 1_000 })
  const reading = (chunks: number): { request: Request; read: () => number; isCancelled: () => boolean } => {
    let [read, isCancelled] = [0, false]
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (read === chunks) return controller.close()
        read++
        controller.enqueue(new Uint8Array(500).fill(49))
      },
      cancel: () => void (isCancelled = true),
    })
    const init = { method: 'POST', headers: { 'idempotency-key': '"k"', 'content-type': 'application/json' }, body: stream, duplex: 'half' }
    return { request: new Request('https://shop.example/', init), read: () => read, isCancelled: () => isCancelled }
  }
  const large = reading(20)
  expect((await receive(large.request)).status).toBe(413)
  expect([large.read(), large.isCancelled()]).toEqual([20, false])
  const endless = reading(Number.POSITIVE_INFINITY)
  expect((await receive(endless.request)).status).toBe(413)
  expect(endless.isCancelled()).toBe(true)
  expect(endless.read()).toBeLessThan(40)
  expect(handle).not.toHaveBeenCalled()
})

test.each([['png'], ['image/png; q=1'], ['image/'], ['a/b/c'], ['']])('`contentTypes` with %j are refused', (type) => {
  expect(() => createReceiver({ handle: () => {}, contentTypes: [type] })).toThrow(
    `Expected \`contentTypes\` to be such as "image/png" or "image/*", got "${type}"`,
  )
})

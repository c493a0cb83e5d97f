import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { multipart } from '../../src/message/multipart.ts'

test('a form’s data is made into the body that a server reads it back from, whatever is in names, values and files', async () => {
  const data = new FormData()
  data.append('street', 'Main & 1st "x"\nsecond line')
  data.append('street', '')
  data.append('a "quoted"\nname', 'ü')
  data.append('picture', new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'Schlagloch "ä".png', { type: 'image/png' }))
  data.append('none', new File([], ''))
  const body = multipart(data)
  // Its type is in lower case, as of any blob; so is the boundary.
  const read = await new Response(await body.arrayBuffer(), { headers: { 'content-type': body.type } }).formData()
  expect(read.getAll('street')).toEqual(['Main & 1st "x"\r\nsecond line', ''])
  expect(read.get('a "quoted"\r\nname')).toBe('ü')
  const picture = read.get('picture') as File
  expect([picture.name, picture.type]).toEqual(['Schlagloch "ä".png', 'image/png'])
  expect([...new Uint8Array(await picture.arrayBuffer())]).toEqual([0, 13, 10, 45, 45, 255])
  expect((read.get('none') as File).size).toBe(0)
})

/** A field, or a file with its name, type and bytes. */
type Part = readonly [name: string, value: string] | readonly [name: string, filename: string, type: string, bytes: readonly number[]]

/** What a parser that many servers use makes of a body that arrives in pieces. */
async function readByBusboy(body: Blob, pieceSize: number): Promise<Part[]> {
  // By default it takes names for Latin-1, and no more than the end of a path. An empty name is none to it.
  const parser = busboy({ headers: { 'content-type': body.type }, defParamCharset: 'utf8', preservePath: true })
  const parts: Promise<Part>[] = []
  parser.on('field', (name = '', value) => void parts.push(Promise.resolve([name, value])))
  parser.on('file', (name = '', file, { filename = '', mimeType }) => {
    parts.push(buffer(file).then((bytes) => [name, filename, mimeType, [...bytes]]))
  })
  await pipeline(Readable.from(piecesOf(Buffer.from(await body.arrayBuffer()), pieceSize)), parser)
  return Promise.all(parts)
}

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function formOf(parts: readonly Part[]): FormData {
  const data = new FormData()
  for (const part of parts) {
    if (part.length === 2) data.append(...part)
    else data.append(part[0], new File([Uint8Array.from(part[3])], part[1], { type: part[2] }))
  }
  return data
}

/** A name as HTML has it in a header (https://html.spec.whatwg.org/#multipart-form-data), and as a server gets it from any browser. */
const inHeader = (name: string): string => name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
const withNetworkLines = (text: string): string => text.replaceAll(/\r\n|\r|\n/g, '\r\n')

function asSent(part: Part): Part {
  const name = inHeader(withNetworkLines(part[0]))
  return part.length === 2 ? [name, withNetworkLines(part[1])] : [name, inHeader(part[1]), part[2] || 'application/octet-stream', part[3]]
}

test('busboy reads the same fields and files, in their order: odd names, empty ones, several of one name', async () => {
  const parts: Part[] = [
    ['name="x"; filename="y', 'a value; with="quotes"'],
    ['', ''],
    ['photo', 'Tür 🚚 漢字.jpg', 'image/jpeg', [255, 216, 13, 10, 45, 45, 0]],
    ['photo', 'round/door;1="a".jpg', '', [...Buffer.from('\r\n------holdfast-\r\n--\r\n')]],
    ['__proto__', 'first\nsecond\rthird\r\nfourth'],
    ['line\nbreak', 'two\r\nlines.png', 'image/png', []],
    ['photo', '', '', []],
    ['photo', ' spaces '],
  ]
  expect(await readByBusboy(multipart(formOf(parts)), 65_536)).toEqual(parts.map(asSent))
})

test('busboy reads whatever is in a form, in whatever pieces it arrives', async () => {
  // No backslash: servers do not agree whether it escapes what follows. No other control characters: none lets them into a header.
  const text = fc.string({ unit: fc.constantFrom(...'a|b|"|\'|%|;|:|=|,|/|.|-|_| |(|)|[|]|{|}|*|\r|\n|é|漢|🚚'.split('|')) })
  // Without a name busboy takes a file for a field, but for one of no type: that is how browsers send a field of which none was chosen.
  const filename = text.filter((name) => name !== '')
  const bytes = fc.array(fc.oneof(fc.constantFrom(13, 10, 45), fc.integer({ min: 0, max: 255 })), { maxLength: 60 })
  const type = fc.constantFrom('', 'image/jpeg', 'image/svg+xml', 'application/vnd.msgpack')
  const part: fc.Arbitrary<Part> = fc.oneof(fc.tuple(text, text), fc.tuple(text, filename, type, bytes))
  const pieceSize = fc.integer({ min: 1, max: 100 })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), pieceSize, async (parts, size) => {
      expect(await readByBusboy(multipart(formOf(parts)), size)).toEqual(parts.map(asSent))
    }),
  )
})

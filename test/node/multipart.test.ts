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

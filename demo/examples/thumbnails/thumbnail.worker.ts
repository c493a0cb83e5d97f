import { consume, Reject } from 'holdfast/consumer'
import { atWork } from '../frame/at-work.ts'
import { album } from './album.ts'
import { pictures } from './queue.ts'
import { shrink } from './shrink.ts'

consume(pictures, async ({ body: { picture: id }, attempt, signal, progress }) => {
  const database = await album
  const [picture, bytes] = await Promise.all([database.get('pictures', id), database.get('bytes', id)])
  if (!picture || !bytes) throw new Reject('It is not in the album any more')

  return atWork(picture.name, async () => {
    const whole = await decode(bytes)
    const { width, height } = whole
    const thumbnail = await shrink(whole, progress, signal)
    // By the picture's id: made again, for a worker that died before it could say so, it is there once.
    await database.put('thumbnails', { id, bytes: thumbnail, width, height, attempt })
    return { width, height }
  })
})

async function decode(bytes: ArrayBuffer): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([bytes]))
  } catch {
    throw new Reject('This is no picture, or a damaged one')
  }
}

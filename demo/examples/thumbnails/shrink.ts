/** The longer side of a thumbnail, in pixels. */
const LONGER = 320
const STRIPES = 16

/** How bright each value of a pixel is: of black and white together, the mean of the values is darker than the mean of the light. */
const LIGHT = Float32Array.from({ length: 256 }, (_, value) => (value / 255) ** 2.2)

/** Makes a picture small by the mean of the light of all its pixels. A page that did so would stand still for each. */
export async function shrink(whole: ImageBitmap, progress: (done: number) => void, signal: AbortSignal): Promise<ArrayBuffer> {
  const scale = Math.min(1, LONGER / Math.max(whole.width, whole.height))
  const [width, height] = [Math.ceil(whole.width * scale), Math.ceil(whole.height * scale)]
  const sums = new Float32Array(width * height * 4)
  const step = Math.ceil(whole.height / STRIPES)
  for (let top = 0; top < whole.height; top += step) {
    signal.throwIfAborted()
    const stripe = read(whole, top, Math.min(step, whole.height - top))
    for (let y = 0; y < stripe.height; y++) addRow(stripe, y, sums, Math.floor((top + y) * scale) * width, scale)
    progress(Math.min(1, (top + step) / whole.height) * 0.9)
  }
  return write(sums, width, height)
}

function read(whole: ImageBitmap, top: number, height: number): ImageData {
  const context = contextOf(whole.width, height)
  context.drawImage(whole, 0, -top)
  return context.getImageData(0, 0, whole.width, height)
}

/** Adds red, green and blue of a row to those of the thumbnail's row that begins at `start`, and how many there were. */
function addRow({ data, width }: ImageData, y: number, sums: Float32Array, start: number, scale: number): void {
  for (let x = 0; x < width; x++) {
    const from = (y * width + x) * 4
    const to = (start + Math.floor(x * scale)) * 4
    sums[to]! += LIGHT[data[from]!]!
    sums[to + 1]! += LIGHT[data[from + 1]!]!
    sums[to + 2]! += LIGHT[data[from + 2]!]!
    sums[to + 3]! += 1
  }
}

async function write(sums: Float32Array, width: number, height: number): Promise<ArrayBuffer> {
  const context = contextOf(width, height)
  const image = context.createImageData(width, height)
  for (let place = 0; place < image.data.length; place++) {
    const pixels = sums[place | 3]!
    image.data[place] = (place & 3) === 3 ? 255 : (sums[place]! / pixels) ** (1 / 2.2) * 255
  }
  context.putImageData(image, 0, 0)
  return (await context.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })).arrayBuffer()
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('There is no room for a picture of this size')
  return context
}

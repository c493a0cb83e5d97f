import type { Sample } from './samples.ts'

/** Twelve views of the sea, as large as a camera's, of which one is damaged. Drawn in a worker, since that takes longer than a page should. */

const WIDTH = 2_400
const HEIGHT = 1_600

interface View {
  readonly name: string
  /** Top and bottom of the sky, the sun or moon, and the sea. */
  readonly colours: readonly [sky: string, horizon: string, light: string, sea: string]
  readonly isDamaged?: boolean
}

const VIEWS: readonly View[] = [
  { name: 'Before dawn.jpg', colours: ['#1d2b4f', '#e08e6d', '#ffd9a0', '#24405c'] },
  { name: 'First light.jpg', colours: ['#6d8fb5', '#f7d9b0', '#fff3d6', '#3f7388'] },
  { name: 'Morning calm.jpg', colours: ['#8fc3dc', '#e9f3ee', '#ffffff', '#4e9aa6'] },
  { name: 'Noon.jpg', colours: ['#3d8fd1', '#bfe3f2', '#fffbe0', '#1c6f9c'] },
  { name: 'Rain to the west.jpg', colours: ['#5d6b75', '#a9b6b8', '#d5dbd8', '#435a60'] },
  { name: 'Clearing.jpg', colours: ['#5f86ab', '#dfe6da', '#fff6cf', '#2f6a70'] },
  { name: 'Torn off.jpg', colours: ['#777777', '#bbbbbb', '#dddddd', '#555555'], isDamaged: true },
  { name: 'Afternoon.jpg', colours: ['#4aa0c9', '#f0e2bd', '#fff0b3', '#2a7f86'] },
  { name: 'Golden hour.jpg', colours: ['#7d6a9c', '#f6b26b', '#ffe29a', '#56506f'] },
  { name: 'Sunset.jpg', colours: ['#3a2f63', '#ee6c4d', '#ffcf70', '#462e55'] },
  { name: 'Afterglow.jpg', colours: ['#20294d', '#b65f78', '#f3b7a1', '#2a2b4f'] },
  { name: 'Moonrise.jpg', colours: ['#0c1530', '#33527a', '#f2eed8', '#12233f'] },
]

for (const [index, view] of VIEWS.entries()) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT)
  draw(canvas.getContext('2d')!, view.colours, index)
  const bytes = await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer()
  const sample = view.isDamaged ? bytes.slice(bytes.byteLength / 2) : bytes
  postMessage({ name: view.name, bytes: sample, left: VIEWS.length - index - 1 } satisfies Sample)
}

function draw(context: OffscreenCanvasRenderingContext2D, colours: View['colours'], index: number): void {
  const [sky, horizon, light, sea] = colours
  const level = HEIGHT * (0.58 + 0.06 * Math.sin(index * 2))
  fill(context, 0, level, sky, horizon)
  const x = WIDTH * (0.2 + ((index * 0.37) % 0.6))
  const y = level - HEIGHT * (0.08 + 0.34 * Math.sin((index / 11) * Math.PI))
  context.fillStyle = light
  disc(context, x, y, 105)
  context.globalAlpha = 0.16
  disc(context, x, y, 190)
  disc(context, x, y, 320)
  context.globalAlpha = 1
  hills(context, level, index, sea)
  fill(context, level, HEIGHT, horizon, sea)
  context.fillStyle = sea
  for (let wave = 0; wave < 14; wave++) swell(context, level + (wave / 14) ** 1.6 * (HEIGHT - level), wave, index)
  glitter(context, x, level, light)
  boat(context, WIDTH * (0.82 - ((index * 0.29) % 0.6)), level + 170, sky)
}

function fill(context: OffscreenCanvasRenderingContext2D, top: number, bottom: number, above: string, below: string): void {
  const gradient = context.createLinearGradient(0, top, 0, bottom)
  gradient.addColorStop(0, above)
  gradient.addColorStop(1, below)
  context.fillStyle = gradient
  context.fillRect(0, top, WIDTH, bottom - top)
}

function disc(context: OffscreenCanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

function hills(context: OffscreenCanvasRenderingContext2D, level: number, index: number, colour: string): void {
  context.fillStyle = colour
  context.globalAlpha = 0.55
  context.beginPath()
  context.moveTo(0, level)
  for (let x = 0; x <= WIDTH; x += 20) {
    const height = Math.sin(x / 310 + index * 1.7) + 0.6 * Math.sin(x / 140 + index) + 0.2 * Math.sin(x / 37)
    context.lineTo(x, level - Math.max(0, height) * 95)
  }
  context.lineTo(WIDTH, level)
  context.fill()
  context.globalAlpha = 1
}

function swell(context: OffscreenCanvasRenderingContext2D, top: number, wave: number, index: number): void {
  context.globalAlpha = 0.1 + wave * 0.018
  context.beginPath()
  context.moveTo(0, HEIGHT)
  for (let x = 0; x <= WIDTH; x += 16) context.lineTo(x, top + Math.sin(x / (70 + wave * 22) + wave * 2.1 + index) * (4 + wave * 2.4))
  context.lineTo(WIDTH, HEIGHT)
  context.fill()
  context.globalAlpha = 1
}

/** The light on the water. */
function glitter(context: OffscreenCanvasRenderingContext2D, x: number, level: number, light: string): void {
  context.fillStyle = light
  for (let n = 0; n < 60; n++) {
    const down = (n / 60) ** 1.5
    context.globalAlpha = 0.5 * (1 - down)
    const width = 60 + 190 * down * Math.abs(Math.sin(n * 7))
    context.fillRect(x - width / 2 + 90 * down * Math.sin(n * 3), level + 8 + down * (HEIGHT - level), width, 5 + 8 * down)
  }
  context.globalAlpha = 1
}

function boat(context: OffscreenCanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(x - 130, y)
  context.quadraticCurveTo(x, y + 70, x + 130, y - 6)
  context.fill()
  context.fillStyle = '#fbf6e9'
  context.beginPath()
  context.moveTo(x - 6, y - 10)
  context.lineTo(x - 6, y - 240)
  context.quadraticCurveTo(x + 95, y - 110, x + 100, y - 14)
  context.moveTo(x - 18, y - 14)
  context.lineTo(x - 18, y - 205)
  context.lineTo(x - 96, y - 20)
  context.fill()
}

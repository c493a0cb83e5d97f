import type { DeadLetter, Queue } from 'holdfast'
import { count, setText } from '../../src/page.ts'
import { fillPart } from '../../src/rows.ts'
import type { RowKind } from '../../src/rows.ts'
import { album } from './album.ts'
import type { Picture, Thumbnail } from './album.ts'
import type { Wanted } from './queue.ts'

/** A picture, and how far it is. */
export interface Tile extends Picture {
  readonly state: 'stored' | 'waiting' | 'in-hand' | 'made' | 'dead'
  /** From 0 to 1. */
  readonly progress: number
  readonly thumbnail?: Thumbnail
  /** Why there will be none. */
  readonly reason?: string
}

/** How far pictures are, by their messages, as the workers say. */
export type Progress = ReadonlyMap<string, number>

/** What there is: read from the queue and the album, so that it is right after a reload and in a second tab. */
export async function readTiles(queue: Queue<Wanted>, progress: Progress): Promise<Tile[]> {
  const pictures = await (await album).getAll('pictures')
  const waiting = new Map<string, Pick<Tile, 'state' | 'progress'>>()
  for await (const { id, body, state } of queue.messages())
    waiting.set(body.picture, { state: state === 'leased' ? 'in-hand' : 'waiting', progress: progress.get(id) ?? 0 })
  const dead = new Map<string, string>()
  for await (const letter of queue.deadLetters()) if (letter.reason !== 'unreadable') dead.set(letter.body.picture, reasonOf(letter))
  // Last, so that what is made while this looks is not missed.
  const thumbnails = new Map((await (await album).getAll('thumbnails')).map((thumbnail) => [thumbnail.id, thumbnail]))
  return pictures
    .toSorted((a, b) => b.addedAt - a.addedAt)
    .map((picture): Tile => {
      const [thumbnail, reason] = [thumbnails.get(picture.id), dead.get(picture.id)]
      if (thumbnail) return { ...picture, state: 'made', progress: 1, thumbnail }
      if (reason !== undefined) return { ...picture, state: 'dead', progress: 0, reason }
      return { ...picture, state: 'stored', progress: 0, ...waiting.get(picture.id) }
    })
}

/** What the worker has said, or that none has lived to say anything. */
function reasonOf({ reason, excerpt, attempts }: DeadLetter): string {
  return reason === 'rejected' ? excerpt : `Given up after ${attempts} attempts`
}

const WORDS: Record<Tile['state'], string> = {
  stored: 'is on the disk',
  waiting: 'waits for a worker',
  'in-hand': 'in a worker’s hands',
  made: '',
  dead: 'dead letter',
}

export const tileRow: RowKind<Tile> = {
  template: 'tile-row',
  keyOf: ({ id }) => id,
  fill(row, { name, state, progress, thumbnail, reason }) {
    row.dataset['state'] = state
    fillPart(row, 'name', name)
    fillPart(row, 'state', reason ?? (thumbnail ? aboutThumbnail(thumbnail) : WORDS[state]))
    fillPart(row, 'again', thumbnail && thumbnail.attempt > 1 ? `at the ${ordinal(thumbnail.attempt)} attempt` : '')
    const bar = row.querySelector('progress')
    if (bar) {
      bar.value = progress
      bar.setAttribute('aria-label', `How far ${name} is`)
      bar.hidden = state === 'made' || state === 'dead'
    }
    if (thumbnail) void show(row.querySelector('canvas'), name, thumbnail)
  },
}

function aboutThumbnail({ width, height }: Thumbnail): string {
  return `${count(width)} × ${count(height)}`
}

function ordinal(attempt: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][attempt - 1] ?? `${attempt}th`
}

/** Once: a canvas, since the server's content security policy allows no `blob:` URLs. */
async function show(canvas: HTMLCanvasElement | null, name: string, { bytes }: Thumbnail): Promise<void> {
  if (!canvas || canvas.hasAttribute('aria-label')) return
  canvas.setAttribute('aria-label', name)
  const bitmap = await createImageBitmap(new Blob([bytes]))
  canvas.width = bitmap.width
  canvas.height = bitmap.height
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  canvas.hidden = false
}

/** Says how many there are of each kind. */
export function showTallies(tiles: readonly Tile[]): void {
  const made = tiles.filter(({ state }) => state === 'made')
  const tallies = {
    waiting: tiles.filter(({ state }) => state === 'waiting' || state === 'stored').length,
    'in-hand': tiles.filter(({ state }) => state === 'in-hand').length,
    made: made.length,
    dead: tiles.filter(({ state }) => state === 'dead').length,
    again: made.filter(({ thumbnail }) => (thumbnail?.attempt ?? 1) > 1).length,
  }
  for (const [id, value] of Object.entries(tallies)) setText(document.getElementById(id), count(value))
}

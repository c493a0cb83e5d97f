import { Crew } from '../frame/crew.ts'
import { keepLooking } from '../../src/keep-looking.ts'
import { count, find, setText } from '../../src/page.ts'
import { showMore, showRows } from '../../src/rows.ts'
import { add, queue } from './adding.ts'
import { album } from './album.ts'
import { startPool } from './pool.ts'
import { drawSamples } from './samples.ts'
import { measureAnew } from './smoothness.ts'
import { readTiles, showTallies, tileRow } from './tiles.ts'

/** How many tiles are shown. */
const MOST = 60
/** One processor is the page's. */
const WORKERS = Math.max(2, Math.min(4, navigator.hardwareConcurrency - 1))

const chooser = find('chooser', HTMLInputElement)
const place = find('place', HTMLElement)
const said = find('said', HTMLOutputElement)
const use = find('use', HTMLButtonElement)
const redrive = find('redrive', HTMLButtonElement)
const clear = find('clear', HTMLButtonElement)

const crew = new Crew(WORKERS)
const progress = new Map<string, number>()

async function addFiles(files: readonly File[]): Promise<void> {
  measureAnew()
  for (const file of files) await add(file.name, await file.arrayBuffer())
  say(files.length)
}

function useSamples(): void {
  measureAnew()
  use.disabled = true
  setText(said, 'A dozen views of the sea are being drawn')
  drawSamples(({ name, bytes, left }) => {
    void add(name, bytes).then(() => {
      look()
      if (left > 0) return
      use.disabled = false
      say(12)
    }, fail)
  }, fail)
}

function say(number: number, what = 'on the disk'): void {
  setText(said, number === 1 ? `One picture is ${what}` : `${count(number)} pictures are ${what}`)
}

async function show(): Promise<void> {
  const tiles = await readTiles(queue, progress)
  const shown = tiles.slice(0, MOST)
  showRows(find('tiles', HTMLElement), shown, tileRow)
  showMore(find('pictures', HTMLElement), tiles.length, shown.length)
  showTallies(tiles)
  const isAtWork = tiles.some(({ state }) => state !== 'made' && state !== 'dead')
  document.body.dataset['work'] = isAtWork ? 'on' : 'done'
  redrive.hidden = !tiles.some(({ state }) => state === 'dead')
  clear.hidden = tiles.length === 0 || isAtWork
}

async function clearAlbum(): Promise<void> {
  await queue.purge()
  const tx = (await album).transaction(['pictures', 'bytes', 'thumbnails'], 'readwrite')
  await Promise.all([tx.objectStore('pictures').clear(), tx.objectStore('bytes').clear(), tx.objectStore('thumbnails').clear(), tx.done])
  setText(said, '')
  look()
}

function fail(error: unknown): void {
  use.disabled = false
  setText(said, error instanceof Error ? error.message : String(error))
}

chooser.addEventListener('change', () => {
  void addFiles([...(chooser.files ?? [])]).catch(fail)
  chooser.value = ''
})
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  place.toggleAttribute('data-over', true)
})
document.addEventListener('dragleave', () => place.toggleAttribute('data-over', false))
document.addEventListener('drop', (event) => {
  event.preventDefault()
  place.toggleAttribute('data-over', false)
  void addFiles([...(event.dataTransfer?.files ?? [])]).catch(fail)
})
use.addEventListener('click', useSamples)
redrive.addEventListener('click', () => void queue.redrive().then((number) => say(number, 'tried again'), fail))
clear.addEventListener('click', () => void clearAlbum().catch(fail))

startPool(WORKERS, crew)
queue.subscribe((event) => {
  if (event.type === 'progressed') progress.set(event.id, event.progress)
  if (event.type === 'accepted' || event.type === 'dead-lettered') progress.delete(event.id)
})
const look = keepLooking(queue, show, fail)

import { Crew } from '../frame/crew.ts'
import { keepLooking } from '../../src/keep-looking.ts'
import { count, find, setText } from '../../src/page.ts'
import { begin, idsOf, queue } from './batch.ts'
import { showCells } from './cells.ts'
import { checkIndex } from './checking.ts'
import { startPool } from './pool.ts'
import { search, whenAsked } from './search.ts'
import { shelf } from './shelf.ts'
import type { Begun } from './shelf.ts'

const bar = find('bar', HTMLProgressElement)
const letters = find('letters', HTMLSelectElement)
const start = find('start', HTMLButtonElement)
const said = find('said', HTMLElement)

/** The first id of the batch that is followed. */
let followed: string | undefined
let stopFollowing = (): void => {}

/** Shows how far a batch is, whoever has begun it, and when. */
async function follow(begun: Begun): Promise<void> {
  const ids = await idsOf(begun)
  const batch = `${ids[0]} ${ids.length}`
  if (ids.length === 0 || batch === followed) return
  followed = batch
  letters.value = String(begun.letters)
  stopFollowing()
  stopFollowing = queue.batchReceipt(ids).subscribe(({ total, accepted, dead, cancelled, unknown, progress }) => {
    bar.value = progress
    setText(find('percent', HTMLElement), `${Math.floor(progress * 100)} %`)
    const left = total - accepted - dead - cancelled - unknown
    start.disabled = letters.disabled = left > 0
    setText(said, left === 0 ? 'The batch is done' : `${count(left)} of ${count(total)} chunks are left`)
  })
}

async function show(): Promise<void> {
  const begun = await (await shelf).get('begun', 'batch')
  if (begun) await follow(begun)
  const states = new Map<number, string>()
  for await (const { body, state } of queue.messages()) states.set(body.chunk, state)
  const done = await (await shelf).getAll('done')
  showCells(done, states)
  const words = done.reduce((sum, { words }) => sum + words, 0)
  setText(find('words', HTMLElement), count(words))
  setText(find('again', HTMLElement), count(done.filter(({ attempt }) => attempt > 1).length))
  await search()
  if (begun && done.length > 0 && states.size === 0) await checkIndex(begun.letters, words)
  else find('check', HTMLElement).hidden = true
}

function fail(error: unknown): void {
  start.disabled = letters.disabled = false
  setText(said, error instanceof Error ? error.message : String(error))
}

start.addEventListener('click', () => {
  start.disabled = letters.disabled = true
  setText(said, 'The corpus is being put on the disk')
  void begin(Number(letters.value)).then(look, fail)
})
startPool(new Crew(4))
const look = keepLooking(queue, show, fail)
whenAsked(look)

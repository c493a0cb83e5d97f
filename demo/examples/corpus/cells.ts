import { CHUNKS } from './documents.ts'
import type { Done } from './shelf.ts'
import { count, find } from '../../src/page.ts'

const grid = find('cells', HTMLElement)

/** A cell for each chunk of the corpus. */
const cells = Array.from({ length: CHUNKS }, () => {
  const cell = document.createElement('i')
  grid.append(cell)
  return cell
})

/** Shows what is done, what is in hand, and what waits. */
export function showCells(done: readonly Done[], states: ReadonlyMap<number, string>): void {
  const byChunk = new Map(done.map((one) => [one.chunk, one]))
  cells.forEach((cell, chunk) => {
    const one = byChunk.get(chunk)
    const state = one ? (one.attempt > 1 ? 'again' : 'done') : (states.get(chunk) ?? 'none')
    if (cell.dataset['state'] !== state) cell.dataset['state'] = state
  })
  grid.setAttribute('aria-label', `${count(done.length)} of ${count(CHUNKS)} chunks are in the index`)
}

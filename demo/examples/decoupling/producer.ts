import { showMore, showRows } from '../../src/rows.ts'
import { keepLooking } from '../../src/keep-looking.ts'
import { count, find, setText } from '../../src/page.ts'
import { readLogbook, readWaiting } from './logbook.ts'
import { note, queue } from './night.ts'
import { ROWS, sightingRow } from './rows.ts'
import { fleet, seenNow, shipAt } from './ships.ts'
import type { Ship } from './ships.ts'

const form = find('sighting', HTMLFormElement)
const ship = find('ship', HTMLInputElement)
const course = find('course', HTMLSelectElement)
const said = find('said', HTMLOutputElement)

/** How many ships have passed since this page was opened. */
let passed = 0

function suggest(): void {
  const next = shipAt(passed)
  ship.value = next.ship
  course.value = next.course
}

async function noteAll(ships: readonly Ship[]): Promise<void> {
  passed += ships.length
  suggest()
  try {
    await note(ships.map(seenNow))
    setText(said, ships.length === 1 ? `Noted, and on the disk: ${ships[0]!.ship}` : `Noted, and on the disk: ${ships.length} ships`)
  } catch (error) {
    fail(error)
  }
}

async function show(): Promise<void> {
  const waiting = await readWaiting(queue)
  const entered = (await readLogbook(queue)).length
  setText(find('waiting', HTMLElement), count(waiting.length))
  setText(find('entered', HTMLElement), count(entered))
  const shown = waiting.slice(0, ROWS)
  showRows(find('waiting-rows', HTMLElement), shown, sightingRow)
  showMore(find('waiting-list', HTMLElement), waiting.length, shown.length)
}

function fail(error: unknown): void {
  setText(said, error instanceof Error ? error.message : String(error))
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void noteAll([{ ship: ship.value, course: course.value }])
})
find('fleet', HTMLButtonElement).addEventListener('click', () => noteAll(fleet))
suggest()
keepLooking(queue, show, fail)

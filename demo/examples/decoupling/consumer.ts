import { keepLooking } from '../../src/keep-looking.ts'
import { count, find, setText } from '../../src/page.ts'
import { showMore, showRows } from '../../src/rows.ts'
import { enterAll, queue } from './day.ts'
import { readLogbook, readWaiting } from './logbook.ts'
import type { Entry, Sighting } from './queue.ts'
import { entryRow, ROWS } from './rows.ts'

/** How long an entry takes, in milliseconds: a person should be able to close the tab in the midst of one. */
const WRITING = 200

const inHand = find('in-hand', HTMLElement)
const check = find('check', HTMLElement)

/** How many were in the logbook when this page was opened. */
let before: number | undefined

async function write(sighting: Sighting, signal: AbortSignal): Promise<void> {
  setText(inHand, `Entering no. ${sighting.number}: ${sighting.ship}`)
  await new Promise((resolve, reject) => {
    setTimeout(resolve, WRITING)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

async function show(): Promise<void> {
  // In this order, so that one which is entered between the two looks is not missed.
  const waiting = await readWaiting(queue)
  const entries = await readLogbook(queue)
  before ??= entries.length
  setText(find('waiting', HTMLElement), count(waiting.length))
  setText(find('entered-before', HTMLElement), count(before))
  setText(find('entered-since', HTMLElement), count(entries.length - before))
  if (waiting.length === 0) setText(inHand, 'Nothing is left to enter')
  const last = entries.toReversed().slice(0, ROWS)
  showRows(find('logbook-rows', HTMLElement), last, entryRow)
  showMore(find('logbook', HTMLElement), entries.length, last.length)
  showCheck(entries)
}

function showCheck(entries: readonly Entry[]): void {
  const isInOrder = entries.every(({ number }, place) => number === (entries[0]?.number ?? 0) + place)
  check.hidden = entries.length === 0
  check.dataset['passed'] = String(isInOrder)
  const numbers = `Nos. ${entries[0]?.number} to ${entries.at(-1)?.number}`
  setText(check, isInOrder ? `${numbers}: in order, none missing, none twice` : `${numbers}: not each one once, in order`)
}

function fail(error: unknown): void {
  setText(inHand, error instanceof Error ? error.message : String(error))
}

enterAll(write)
keepLooking(queue, show, fail)

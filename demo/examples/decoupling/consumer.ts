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
/** One of the day watches that are open writes at a time. The others hear what. */
const others = new BroadcastChannel('day watches')

/** How many were in the logbook when this page was opened. */
let before = 0

async function write(sighting: Sighting, signal: AbortSignal): Promise<void> {
  const what = `no. ${sighting.number}: ${sighting.ship}`
  setText(inHand, `Entering ${what}`)
  others.postMessage(what)
  await new Promise((resolve, reject) => {
    setTimeout(resolve, WRITING)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

async function show(): Promise<void> {
  // In this order, so that one which is entered between the two looks is not missed.
  const waiting = await readWaiting(queue)
  const entries = await readLogbook(queue)
  const since = entries.length - before
  setText(find('waiting', HTMLElement), count(waiting.length))
  setText(find('entered-before', HTMLElement), count(before))
  setText(find('entered-since', HTMLElement), count(since))
  if (waiting.length === 0) setText(inHand, since > 0 ? 'Nothing is left to enter' : 'The night has left nothing to enter')
  const shown = entries.toReversed().slice(0, ROWS)
  showRows(find('logbook-rows', HTMLElement), shown, entryRow)
  showMore(find('logbook', HTMLElement), entries.length, shown.length)
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

others.addEventListener('message', ({ data }: MessageEvent<string>) => setText(inHand, `Another day watch is entering ${data}`))
readLogbook(queue).then((entries) => {
  before = entries.length
  enterAll(write)
  keepLooking(queue, show, fail)
}, fail)

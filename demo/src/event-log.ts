import type { Queue, QueueEvent } from 'holdfast'
import { inWords } from './event-words.ts'
import { ROWS } from './glance.ts'
import { find, setText, timeOf } from './page.ts'
import { fillPart, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'

interface Entry {
  readonly number: number
  readonly at: number
  readonly event: QueueEvent
}

/** Lists what has happened since the page was opened, in any tab, the newest first. */
export function listEvents(queue: Queue<unknown>): void {
  let last: readonly Entry[] = []
  let number = 0
  let isDrawn = true
  queue.subscribe((event) => {
    if (inWords(event) === '') return
    number += 1
    last = [{ number, at: Date.now(), event }, ...last].slice(0, ROWS)
    if (isDrawn) requestAnimationFrame(draw)
    isDrawn = false
  })

  function draw(): void {
    isDrawn = true
    setText(find('last-event', HTMLElement), last[0] ? inWords(last[0].event) : '')
    showRows(find('event-rows', HTMLOListElement), last, eventRow)
  }
}

const eventRow: RowKind<Entry> = {
  template: 'event-row',
  keyOf: (entry) => String(entry.number),
  fill(row, { at, event }) {
    fillPart(row, 'time', timeOf(at))
    fillPart(row, 'title', inWords(event))
  },
}

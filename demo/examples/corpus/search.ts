import { count, find, setText } from '../../src/page.ts'
import { fillPart, showMore, showRows } from '../../src/rows.ts'
import type { RowKind } from '../../src/rows.ts'
import { letter } from './documents.ts'
import { lettersWith } from './shelf.ts'

/** How many of the letters that were found are shown. */
const SHOWN = 6
/** How much of a letter, before the word and behind it. */
const AROUND = 60

interface Found {
  readonly number: number
  readonly word: string
}

const field = find('word', HTMLInputElement)

const foundRow: RowKind<Found> = {
  template: 'found-row',
  keyOf: ({ number, word }) => `${number} ${word}`,
  fill(row, { number, word }) {
    const { title, text } = letter(number)
    fillPart(row, 'title', title)
    const place = text.toLowerCase().search(new RegExp(`(?<!\\p{L})${word}(?!\\p{L})`, 'u'))
    // A word of the title alone is shown there.
    if (place < 0) return
    const end = place + word.length
    fillPart(row, 'before', `… ${text.slice(Math.max(0, place - AROUND), place)}`)
    fillPart(row, 'word', text.slice(place, end))
    fillPart(row, 'after', `${text.slice(end, end + AROUND)} …`)
  },
}

/** Looks the word up again: in what is indexed so far. */
export async function search(): Promise<void> {
  const word = field.value.toLowerCase().match(/\p{L}+/u)?.[0] ?? ''
  const numbers = await lettersWith(word)
  const shown = numbers.slice(0, SHOWN).map((number) => ({ number, word }))
  showRows(find('found-rows', HTMLElement), shown, foundRow)
  showMore(find('found', HTMLElement), numbers.length, shown.length)
  setText(find('found-count', HTMLElement), word === '' ? '' : `“${word}” is in ${count(numbers.length)} of the letters that are indexed`)
}

/** Calls back whenever another word is to be looked up. */
export function whenAsked(ask: () => void): void {
  field.addEventListener('input', ask)
  find('search', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    ask()
  })
}

import { count, find } from './page.ts'
import { photographOf } from './proof.ts'
import type { Proof } from './proof.ts'
import { fillPart, showMore, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'

/** How many are shown; the server keeps more. */
const MOST = 12

/** The photographs that the server has, from whichever device. */
export function showServerProofs(proofs: readonly Proof[]): void {
  const shown = proofs.slice(0, MOST)
  showRows(find('server-proof-rows', HTMLOListElement), shown, serverProofRow)
  showMore(find('server-proofs', HTMLElement), proofs.length, shown.length)
}

const serverProofRow: RowKind<Proof> = {
  template: 'server-proof-row',
  // A server that was started without its folder counts from 1 again.
  keyOf: ({ number, receivedAt }) => `${number} ${receivedAt}`,
  fill(row, { number, order, note, takenAt, receivedAt, size }) {
    const photograph = photographOf(number)
    const image = row.querySelector('img')
    // A source that is set again is loaded again.
    if (image && image.getAttribute('src') !== photograph) {
      image.src = photograph
      image.alt = `Photograph for ${order}`
    }
    row.querySelector('a')?.setAttribute('href', photograph)
    fillPart(row, 'title', order)
    fillPart(row, 'note', note)
    fillPart(row, 'detail', [`no. ${count(number)}`, megabytes(size), ...times(takenAt, receivedAt)].join(' · '))
  },
}

/** Both only where they differ: what was handed in offline arrives later. */
function times(takenAt: string | undefined, receivedAt: string): string[] {
  const [taken, arrived] = [takenAt, receivedAt].map((time) => time && timeOfDay(time))
  return taken === undefined || taken === arrived ? [`${arrived}`] : [`handed in ${taken}`, `arrived ${arrived}`]
}

function timeOfDay(time: string): string {
  return new Date(time).toLocaleString('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false })
}

function megabytes(bytes: number): string {
  return bytes < 1_000_000 ? `${count(Math.ceil(bytes / 1_000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

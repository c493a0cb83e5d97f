import type { Sighting } from './queue.ts'

export interface Ship {
  readonly ship: string
  readonly course: string
}

const SHIPS: readonly Ship[] = [
  { ship: 'Kittiwake, brig', course: 'north' },
  { ship: 'Señora del Mar, schooner', course: 'west' },
  { ship: 'A cutter, no lights', course: 'south' },
  { ship: 'Þórunn, trawler', course: 'north' },
  { ship: 'Halcyon, barque', course: 'east' },
  { ship: 'かもめ丸, freighter', course: 'south' },
  { ship: 'Grey Mare, collier', course: 'west' },
  { ship: 'Three fishing boats', course: 'east' },
  { ship: 'Βόρεια, steamer', course: 'north' },
  { ship: 'Petrel, pilot boat', course: 'south' },
  { ship: 'Oyster Girl, yawl', course: 'west' },
  { ship: 'Nord-Ostsee, tanker', course: 'east' },
]

/** The ships of a night pass in this order, and then again. */
export function shipAt(place: number): Ship {
  return SHIPS[place % SHIPS.length]!
}

/** A whole night’s. */
export const fleet: readonly Ship[] = SHIPS

export function seenNow({ ship, course }: Ship): Omit<Sighting, 'number'> {
  return { ship, course, seenAt: Date.now() }
}

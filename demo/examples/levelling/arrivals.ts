import { find } from '../../src/page.ts'
import type { MeterState } from './meter-state.ts'

/** How many seconds are drawn. */
const SECONDS = 60

/** The picture's own units: a bar for each second, and somewhat more room than the limit takes. */
const WIDTH = 4
const HEIGHT = 100
const ROOM = 1.2

/** How many events have arrived in each of the last seconds, as bars that move on to the left. */
export class Arrivals {
  #state: MeterState | undefined
  #toldAt = 0

  told(state: MeterState): void {
    this.#state = state
    this.#toldAt = performance.now()
  }

  /** @returns how many there were in the last whole second. */
  draw(): number {
    const state = this.#state
    if (!state) return 0
    // Nothing is told while nothing arrives.
    const since = Math.floor((performance.now() - this.#toldAt) / 1_000)
    const seconds = [...Array.from({ length: since }, () => 0), ...state.arrivals].slice(0, SECONDS)
    const highest = Math.max(state.limit, ...seconds) * ROOM
    const bars = seconds.map((arrived, before) => bar(SECONDS - 1 - before, arrived / highest))
    document.getElementById('bars')?.setAttribute('d', bars.join(''))
    const limit = HEIGHT * (1 - state.limit / highest)
    document.getElementById('limit')?.setAttribute('d', `M0 ${limit}H${SECONDS * WIDTH}`)
    find('limit-said', HTMLElement).style.top = `${limit}%`
    return seconds[1] ?? 0
  }
}

function bar(place: number, height: number): string {
  const top = HEIGHT * (1 - height)
  return height === 0 ? '' : `M${place * WIDTH + 0.5} ${HEIGHT}V${top}h${WIDTH - 1}V${HEIGHT}Z`
}

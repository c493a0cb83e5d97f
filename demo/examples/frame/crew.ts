import { find, setText } from '../../src/page.ts'
import { fillPart, newRow } from '../../src/rows.ts'

/** What a worker of a pool says of itself, beside what it tells the pool: what it has in hand, or nothing. */
export interface Saying {
  readonly doing: string
}

interface Place {
  readonly row: HTMLElement
  worker: Worker | undefined
  since: number
}

/** The workers of a pool, each with a place on the page: one sees what it does, and can end it. */
export class Crew {
  readonly #places: readonly Place[]
  #ended = 0

  constructor(size: number) {
    const list = find('crew', HTMLElement)
    this.#places = Array.from({ length: size }, (_, index) => {
      const row = newRow('crew-row', String(index))
      const place: Place = { row, worker: undefined, since: 0 }
      fillPart(row, 'name', `Worker ${index + 1}`)
      const button = row.querySelector('button')
      button?.setAttribute('aria-label', `End worker ${index + 1}`)
      button?.addEventListener('click', () => this.#end(place))
      list.append(row)
      say(place, 'starting', 'starts')
      return place
    })
  }

  /** Gives a worker the place of one that is gone, or, where the pool has replaced one by itself, of the one that has been silent for longest. */
  hire(worker: Worker): Worker {
    const [longest] = this.#places.toSorted((a, b) => a.since - b.since)
    const place = this.#places.find(({ worker }) => !worker) ?? longest!
    place.worker = worker
    say(place, 'starting', 'starts')
    worker.addEventListener('message', ({ data }: MessageEvent<Partial<Saying>>) => {
      if (data.doing === undefined || worker !== place.worker) return
      if (data.doing === '') say(place, 'resting', 'is free')
      else say(place, 'busy', data.doing)
    })
    return worker
  }

  /** As a crash would: without a word to anybody. */
  #end(place: Place): void {
    if (!place.worker) return
    place.worker.terminate()
    place.worker = undefined
    say(place, 'ended', 'was ended')
    setText(find('ended', HTMLElement), String(++this.#ended))
  }
}

function say(place: Place, state: string, text: string): void {
  place.since = performance.now()
  place.row.dataset['state'] = state
  fillPart(place.row, 'doing', text)
}

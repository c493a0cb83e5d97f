import type { Standing } from '../message/message.ts'

/** How many messages one call asks for, at most. */
const MOST = 500

interface Asking {
  readonly ids: string[]
  readonly answers: Promise<readonly Standing[]>
}

/** Asks the host where messages stand: all of one tick in one call, and one transaction. A batch that is found again after a reload is many. */
export class Standings {
  readonly #ask: (ids: readonly string[]) => Promise<readonly Standing[]>
  #asking: Asking | undefined

  constructor(ask: (ids: readonly string[]) => Promise<readonly Standing[]>) {
    this.#ask = ask
  }

  async of(id: string): Promise<Standing> {
    const { ids, answers } = (this.#asking ??= this.#begin())
    const place = ids.push(id) - 1
    if (ids.length === MOST) this.#asking = undefined
    return (await answers)[place]!
  }

  #begin(): Asking {
    const ids: string[] = []
    const answers = Promise.resolve().then(() => {
      if (this.#asking?.ids === ids) this.#asking = undefined
      return this.#ask(ids)
    })
    return { ids, answers }
  }
}

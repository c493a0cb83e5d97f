type Line = string | symbol

/** Somebody in a line. */
interface Standing {
  /** Hands it on; absent while it is being read. */
  go?: () => void
}

/**
 * What is enqueued goes on in that order, line by line, though the bytes of one have to be read first: those behind it wait. When the page leaves they do not: whatever has been read goes
 * on then, at once.
 */
export class Lines {
  readonly #lines = new Map<Line, Standing[]>()
  #isLeft = false
  readonly #cleared: (() => void)[] = []

  /**
   * Hands something on when everything before it in its line has been, or could not be read.
   *
   * @param given a line; by default one of its own.
   * @returns what `go` returns: no promise of it where nobody is waited for.
   */
  enter<T, U>(given: string | undefined, ready: T | Promise<T>, go: (ready: T) => U): U | Promise<U> {
    const line: Line = given ?? Symbol()
    const isReading = ready instanceof Promise
    const all = this.#lines.get(line) ?? []
    if (!isReading && (all.length === 0 || this.#isLeft)) return go(ready)
    this.#lines.set(line, all)
    return new Promise((resolve, reject) => {
      const one: Standing = isReading ? {} : { go: () => resolve(go(ready)) }
      all.push(one)
      if (!isReading) return
      const wasRead = (hand: () => void): void => {
        one.go = hand
        this.#move(line)
      }
      ready.then(
        (read) => wasRead(() => resolve(go(read))),
        (error: Error) => wasRead(() => reject(error)),
      )
    })
  }

  /** Resolves when nobody stands in line. */
  async cleared(): Promise<void> {
    while (this.#lines.size > 0) await new Promise<void>((resolve) => this.#cleared.push(resolve))
  }

  /** The page leaves. */
  leave(): void {
    this.#isLeft = true
    for (const line of this.#lines.keys()) this.#move(line)
  }

  /** The page is there after all. */
  stay(): void {
    this.#isLeft = false
  }

  /** Whoever may go on does. */
  #move(line: Line): void {
    const all = this.#lines.get(line)!
    for (let at = 0; at < all.length;) {
      const { go } = all[at]!
      if (go) {
        all.splice(at, 1)
        go()
      } else if (this.#isLeft) at++
      else return
    }
    if (all.length > 0) return
    this.#lines.delete(line)
    for (const tell of this.#cleared.splice(0)) tell()
  }
}

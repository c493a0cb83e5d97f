/** One of the uses of a message queue, in a folder of its own beside this file. */
export interface Example {
  readonly folder: string
  /** Which of the five it is. */
  readonly number: number
  readonly use: string
  /** What there is to see, in a sentence. */
  readonly about: string
}

/** All that there are. The header of each page, and the front page, are made from this. */
export const EXAMPLES: readonly Example[] = [
  {
    folder: 'thumbnails',
    number: 1,
    use: 'Asynchronous tasks',
    about: 'Thumbnails of your pictures, made in workers while the page stays smooth, though one ends them in the midst of it.',
  },
  {
    folder: 'decoupling',
    number: 2,
    use: 'Decoupling',
    about: 'The night watch notes ships, the day watch enters them in the logbook. The two are never there together.',
  },
  {
    folder: 'levelling',
    number: 3,
    use: 'Levelling the load',
    about: 'Five thousand events at once, for an endpoint that takes fifty a second, and never sees more.',
  },
  {
    folder: 'corpus',
    number: 4,
    use: 'A long batch job',
    about: 'Ten thousand letters, indexed by four workers. End some of them, reload in the midst: the totals come out the same.',
  },
  {
    folder: 'orders',
    number: 5,
    use: 'Order processing',
    about: 'Each customer’s orders in sequence, customers side by side; a declined card halts one of them, and nobody else.',
  },
]

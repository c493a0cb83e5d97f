import { consume } from 'holdfast/consumer'
import { atWork } from '../frame/at-work.ts'
import { letter, wordsOf } from './documents.ts'
import { chunks } from './queue.ts'
import { shelf } from './shelf.ts'

consume(chunks, ({ body: { chunk, size }, attempt, signal, progress }) =>
  atWork(`Chunk ${chunk + 1}`, async () => {
    const found = new Map<string, number[]>()
    let words = 0
    for (let place = 0; place < size; place++) {
      const number = chunk * size + place
      const all = wordsOf(letter(number))
      for (const word of new Set(all)) found.set(word, [...(found.get(word) ?? []), number])
      words += all.length
      progress(place / size)
    }
    signal.throwIfAborted()

    // All of the chunk in one transaction, by keys that come from the chunk: done again, for a worker that died before it could
    // say that it was done, it writes over what is there, and adds nothing.
    const tx = (await shelf).transaction(['leaves', 'done'], 'readwrite')
    for (const [initial, some] of Map.groupBy(found, ([word]) => word.slice(0, 1)))
      void tx.objectStore('leaves').put({ initial, chunk, words: Object.fromEntries(some) })
    void tx.objectStore('done').put({ chunk, words, attempt })
    await tx.done
    return { words }
  }),
)

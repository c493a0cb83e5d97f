import { letter, wordsOf } from './documents.ts'

/** Counts the words of so many letters straight through, without a queue, and without an index. */
addEventListener('message', ({ data: letters }: MessageEvent<number>) => {
  let words = 0
  for (let number = 0; number < letters; number++) words += wordsOf(letter(number)).length
  postMessage(words)
})

import { count, find, setText } from '../../src/page.ts'

const check = find('check', HTMLElement)
/** By the number of letters. */
const counted = new Map<number, Promise<number>>()

/** Says whether what is in the index is what one gets who counts the letters straight through. */
export async function checkIndex(letters: number, words: number): Promise<void> {
  const counting = counted.get(letters) ?? countStraightThrough(letters)
  counted.set(letters, counting)
  const expected = await counting
  check.hidden = false
  check.dataset['passed'] = String(words === expected)
  setText(
    check,
    words === expected
      ? `Counted straight through there are ${count(expected)} words: none missing, none twice`
      : `Counted straight through there are ${count(expected)} words`,
  )
}

function countStraightThrough(letters: number): Promise<number> {
  const worker = new Worker(new URL('./count.worker.ts', import.meta.url), { type: 'module' })
  worker.postMessage(letters)
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
    worker.addEventListener('message', ({ data }: MessageEvent<number>) => {
      worker.terminate()
      resolve(data)
    })
  })
}

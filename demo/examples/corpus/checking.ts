import { count, find, setText } from '../../src/page.ts'

const check = find('check', HTMLElement)
/** Loaded with the page: a file that is asked for when it is wanted may never come, as when a tab crashes that had the page's service worker in its process. */
const counter = new Worker(new URL('./count.worker.ts', import.meta.url), { type: 'module' })
/** By the number of letters. */
const counted = new Map<number, Promise<number>>()
let last: Promise<unknown> = Promise.resolve()

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

/** One count after the other. */
function countStraightThrough(letters: number): Promise<number> {
  const counting = last.then(
    () =>
      new Promise<number>((resolve) => {
        counter.addEventListener('message', ({ data }: MessageEvent<number>) => resolve(data), { once: true })
        counter.postMessage(letters)
      }),
  )
  last = counting
  return counting
}

import type { Saying } from './crew.ts'

/** In a worker of a crew: says on the page what it has in hand, for as long as it has. */
export async function atWork<T>(doing: string, work: () => Promise<T>): Promise<T> {
  say(doing)
  try {
    return await work()
  } finally {
    say('')
  }
}

function say(doing: string): void {
  postMessage({ doing } satisfies Saying)
}

say('')

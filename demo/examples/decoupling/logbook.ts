import type { Queue } from 'holdfast'
import type { Entry, Sighting } from './queue.ts'

/** What was entered so far, by whichever tab, in the order in which that was done. */
export async function readLogbook(queue: Queue<Sighting>): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const { answer } of queue.receipts()) if (answer) entries.push(answer.body as Entry)
  return entries
}

/** What waits to be entered, in order. */
export async function readWaiting(queue: Queue<Sighting>): Promise<Sighting[]> {
  const waiting: Sighting[] = []
  for await (const { body } of queue.messages()) waiting.push(body)
  return waiting
}

/** The number of the sighting that was noted last. */
export async function lastNumber(queue: Queue<Sighting>): Promise<number> {
  // Not side by side: what is entered between the two looks must be seen by one of them.
  const waiting = await readWaiting(queue)
  const entries = await readLogbook(queue)
  return Math.max(0, ...[...waiting, ...entries].map(({ number }) => number))
}

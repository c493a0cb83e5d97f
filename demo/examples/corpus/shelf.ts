import { openDB } from 'idb'
import type { DBSchema, IDBPDatabase } from 'idb'

/** In which letters of a chunk those words are that begin alike. */
interface Leaf {
  readonly initial: string
  readonly chunk: number
  readonly words: Readonly<Record<string, readonly number[]>>
}

/** What a chunk has put into the index. */
export interface Done {
  readonly chunk: number
  /** How many words it has, each as often as it stands there. */
  readonly words: number
  /** At which attempt that was. */
  readonly attempt: number
}

/** The batch that is under way, or was last. */
export interface Begun {
  readonly at: number
  /** How many letters the corpus has. */
  readonly letters: number
  /** Of its messages, once they are known to be on the disk. */
  readonly ids?: readonly string[]
}

interface Shelf extends DBSchema {
  leaves: { key: [initial: string, chunk: number]; value: Leaf }
  done: { key: number; value: Done }
  begun: { key: 'batch'; value: Begun }
}

/** The index, on the disk of this device: of the page, and of each worker. */
export const shelf: Promise<IDBPDatabase<Shelf>> = openDB<Shelf>('index-of-letters', 1, {
  upgrade(database) {
    database.createObjectStore('leaves', { keyPath: ['initial', 'chunk'] })
    database.createObjectStore('done', { keyPath: 'chunk' })
    database.createObjectStore('begun')
  },
})

/** Takes all out of it, and notes that a batch begins. */
export async function clearShelf(begun: Begun): Promise<void> {
  const tx = (await shelf).transaction(['leaves', 'done', 'begun'], 'readwrite')
  void tx.objectStore('leaves').clear()
  void tx.objectStore('done').clear()
  void tx.objectStore('begun').put(begun, 'batch')
  await tx.done
}

/** The letters that have a word, in their order. */
export async function lettersWith(word: string): Promise<readonly number[]> {
  const initial = word.slice(0, 1)
  if (initial === '') return []
  const leaves = await (await shelf).getAll('leaves', IDBKeyRange.bound([initial], [initial, []]))
  return leaves.flatMap(({ words }) => words[word] ?? [])
}

import { QueueError } from '../message/error.ts'
import { openDatabase } from './database.ts'
import type { Database, Hears } from './database.ts'
import { destroyed } from './generation.ts'
import { countsOf, readHead, readInstance, readTail } from './meta.ts'
import type { Counts } from './meta.ts'
import type { StoreName } from './schema.ts'
import { completed } from './transaction.ts'

export type HandleNews =
  /** The database was opened for the first time, with so much in it. */
  | ({ readonly type: 'storage-opened'; readonly generation: string } & Counts)
  /** The database is another than before, and empty. */
  | { readonly type: 'storage-cleared'; readonly generation: string }

export interface HandleOptions {
  /** The generation that those know who ask, where they had the queue open before, in a host that is gone. */
  readonly known?: string | undefined
  readonly tell: (news: HandleNews) => void
  /** Called when the browser has closed the database by force. */
  readonly terminated: () => void
}

/** The handle of a database: opened when first needed, given up when the browser or another tab asks for it, and opened again by whoever needs it next. */
export class Handle {
  readonly #name: string
  readonly #options: HandleOptions
  #database: Promise<Database> | undefined
  #known: { readonly instance: string | undefined; readonly generation: number } | undefined
  #isClosed = false

  constructor(name: string, options: HandleOptions) {
    this.#name = name
    this.#options = options
  }

  /** Which generation of the queue is known here, once it was opened. */
  get generation(): number {
    return this.#known?.generation ?? 0
  }

  /** The same, and of which database, as it is told to those who ask. */
  get told(): string | undefined {
    return this.#known && told(this.#known)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** @throws QueueError `closed`, for whoever comes after {@link close}. */
  open(): Promise<Database> {
    if (this.#isClosed) throw new QueueError('closed', 'The queue is closed')
    this.#database ??= this.#connect()
    return this.#database
  }

  /** Gives a connection up; not the one that another transaction may have made since. */
  forget(opening: Promise<Database>): void {
    if (this.#database === opening) this.#database = undefined
    void closed(opening)
  }

  /** For good. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#database) await closed(this.#database)
  }

  #connect(): Promise<Database> {
    const forget = (): void => this.forget(opening)
    const terminated = (): void => {
      forget()
      if (!this.#isClosed) this.#options.terminated()
    }
    const opening = this.#openKnown({ blocking: forget, terminated })
    opening.catch(forget)
    return opening
  }

  /** Opens the database, and looks whether it is the one that it was. */
  async #openKnown(hears: Hears): Promise<Database> {
    const database = await openDatabase(this.#name, hears)
    try {
      await this.#recognise(database)
    } catch (error) {
      // Nobody gets it, and nobody else would close it: it would stand in the way of whoever deletes or upgrades the database.
      database.close()
      throw error
    }
    return database
  }

  async #recognise(database: Database): Promise<void> {
    const tx = database.transaction(['meta'] as StoreName[], 'readonly')
    const [instance, tail, head] = await completed(tx, Promise.all([readInstance(tx), readTail(tx), readHead(tx)]))
    const before = this.#known
    const { generation = 0 } = head
    const now = { instance, generation }
    const was = before ? told(before) : this.#options.known
    // Of another instance, the site's data was cleared.
    if (was !== undefined && was !== told(now) && was.startsWith(told({ ...now, generation: '' }))) throw destroyed()
    this.#known = now
    if (!before) this.#options.tell({ type: 'storage-opened', generation: told(now), ...countsOf(tail, head) })
    else if (before.instance !== instance) this.#options.tell({ type: 'storage-cleared', generation: told(now) })
  }
}

/** A generation, and of what. */
function told({ instance = '', generation }: { readonly instance: string | undefined; readonly generation: number | '' }): string {
  return `${instance}:${generation}`
}

async function closed(opening: Promise<Database>): Promise<void> {
  await opening.then(
    (database) => database.close(),
    () => {},
  )
}

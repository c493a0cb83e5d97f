import type { ReadTransaction, WriteTransaction } from './schema.ts'

/** What `work` came to, once its transaction is complete; a transaction whose work fails is aborted. */
export async function completed<T>(tx: ReadTransaction | WriteTransaction, work: Promise<T>): Promise<T> {
  try {
    const [value] = await Promise.all([work, tx.done])
    return value
  } catch (error) {
    abort(tx)
    // When a transaction aborts, its requests fail with AbortError; the transaction knows why.
    throw tx.error ?? error
  }
}

export function abort(tx: ReadTransaction | WriteTransaction): void {
  try {
    tx.abort()
  } catch {
    // It has ended already.
  }
}

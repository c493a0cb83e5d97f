/** A realm's own `Worker`: a worker that is made with it shares what its realm can reach. */
export type WorkerMaker = typeof Worker

/** A database that is opened only to see whether one can be. */
const PROBE = 'holdfast-probe'

/** How long that may take, in milliseconds. */
const PATIENCE = 5_000

/** A realm that reaches IndexedDB where this page does not. */
export interface WayBack {
  readonly maker: WorkerMaker
  /** Ends the realm, and every worker that was made there. */
  close(): void
}

/**
 * Looks for a realm that reaches IndexedDB where this page does not. When WebKit's network process has ended, a document and all its workers, also
 * those made later, are cut off from IndexedDB until the page is loaded again ("Connection to Indexed Database server lost"; WebKit 2.50, mended
 * in 2026). A frame that is made afterwards is not, and neither are the workers that it makes.
 *
 * @returns the frame; nothing where the page is not cut off, or the frame is as well.
 */
export async function findWayBack(): Promise<WayBack | undefined> {
  if (typeof document === 'undefined' || (await reaches(indexedDB))) return undefined
  const frame = document.createElement('iframe')
  frame.hidden = true
  document.documentElement.append(frame)
  const realm = frame.contentWindow as (Window & typeof globalThis) | null
  if (realm !== null && (await reaches(realm.indexedDB))) return { maker: realm.Worker, close: () => frame.remove() }
  frame.remove()
  return undefined
}

function reaches(factory: IDBFactory): Promise<boolean> {
  const reached = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE)
    const end = (isOpen: boolean): void => {
      clearTimeout(timer)
      resolve(isOpen)
    }
    const request = factory.open(PROBE)
    request.addEventListener('error', () => end(false))
    request.addEventListener('success', () => {
      request.result.close()
      factory.deleteDatabase(PROBE)
      end(true)
    })
  })
  // A realm that has no storage at all throws.
  return reached.catch(() => false)
}

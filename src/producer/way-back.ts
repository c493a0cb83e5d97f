/** A realm's own `Worker`: a worker that is made with it shares what its realm can reach. */
export type WorkerMaker = typeof Worker

/** A database that is opened only to see whether one can be. */
const PROBE = 'holdfast-probe'

/** How long that may take, in milliseconds. */
const PATIENCE = 5_000

/** The last that was of use. */
let last: HTMLIFrameElement | undefined

/**
 * Looks for a realm that reaches IndexedDB where this page does not. When WebKit's network process has ended, a document and all its workers, also
 * those made later, are cut off from IndexedDB until the page is loaded again ("Connection to Indexed Database server lost"; WebKit 2.50, mended
 * in 2026). A frame that is made afterwards is not, and neither are the workers that it makes.
 *
 * @returns the frame's `Worker`; nothing where the page is not cut off, or the frame is as well.
 */
export async function findWayBack(): Promise<WorkerMaker | undefined> {
  if (typeof document === 'undefined' || (await reaches(indexedDB))) return undefined
  const frame = document.createElement('iframe')
  frame.hidden = true
  document.documentElement.append(frame)
  const realm = frame.contentWindow as (Window & typeof globalThis) | null
  const isOfUse = realm !== null && (await reaches(realm.indexedDB))
  // What was made there is cut off by now.
  ;(isOfUse ? last : frame)?.remove()
  if (!isOfUse) return undefined
  last = frame
  return realm.Worker
}

function reaches(factory: IDBFactory): Promise<boolean> {
  return new Promise((resolve) => {
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
}

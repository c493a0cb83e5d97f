import type { Depth } from 'holdfast'
import { queue } from './orders.ts'
import { find } from './page.ts'

const pauseButton = find('pause', HTMLButtonElement)

/** The buttons that tell the queue what to do. */
export function enableControls(failed: (error: unknown) => void): void {
  const when = (id: string, act: () => Promise<unknown>): void => {
    find(id, HTMLButtonElement).addEventListener('click', () => act().catch(failed))
  }
  when('pause', () => (pauseButton.value === 'resume' ? queue.resume() : queue.pause()))
  when('retry-now', () => queue.retryNow())
  when('redrive-all', () => queue.redrive())
  when('purge-all', () => queue.purge())

  find('dead-rows', HTMLUListElement).addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return
    const ids = [target.value]
    // The row is about to go, and the focus must not go with it.
    find('dead-title', HTMLElement).focus()
    const settled = target.name === 'redrive' ? queue.redrive(ids) : queue.purge(ids)
    settled.catch(failed)
  })
}

export function showControls({ paused }: Depth): void {
  pauseButton.value = paused ? 'resume' : 'pause'
  pauseButton.textContent = paused ? 'Resume' : 'Pause'
}

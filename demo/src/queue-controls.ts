import { queue } from './orders.ts'
import { find, setText } from './page.ts'

const pauseButton = find('pause', HTMLButtonElement)
const retryButton = find('retry-now', HTMLButtonElement)
const reloadButton = find('reload', HTMLButtonElement)
const purgeDialog = find('purge-dialog', HTMLDialogElement)

/** The buttons that tell the queue what to do. */
export function enableControls(failed: (error: unknown) => void): void {
  const when = (id: string, act: () => Promise<unknown>): void => {
    find(id, HTMLButtonElement).addEventListener('click', () => act().catch(failed))
  }
  when('pause', () => (pauseButton.value === 'resume' ? queue.resume() : queue.pause()))
  when('retry-now', () => queue.retryNow())
  when('redrive-all', () => settleDead(() => queue.redrive()))
  when('purge-all', async () => {
    if (await isPurgeMeant()) await settleDead(() => queue.purge())
  })
  reloadButton.addEventListener('click', () => location.reload())

  find('dead-rows', HTMLUListElement).addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return
    const ids = [target.value]
    settleDead(() => (target.name === 'redrive' ? queue.redrive(ids) : queue.purge(ids))).catch(failed)
  })
}

export function showControls({ isLost, isPaused }: { readonly isLost: boolean; readonly isPaused: boolean }): void {
  pauseButton.value = isPaused ? 'resume' : 'pause'
  setText(pauseButton, isPaused ? 'Resume' : 'Pause')
  // A pause holds, whoever asks to try; the status says so.
  retryButton.disabled = isPaused
  pauseButton.hidden = retryButton.hidden = isLost
  reloadButton.hidden = !isLost
}

/** What is purged is nowhere any more, so that a person is asked first. The platform gives the focus back when the answer is no. */
function isPurgeMeant(): Promise<boolean> {
  // Escape leaves it as it is: it would still be the answer of the last time.
  purgeDialog.returnValue = ''
  purgeDialog.showModal()
  return new Promise((resolve) => {
    purgeDialog.addEventListener('close', () => resolve(purgeDialog.returnValue === 'purge'), { once: true })
  })
}

/** Rows and buttons are about to go, and the focus must not go with them. */
function settleDead(settle: () => Promise<unknown>): Promise<unknown> {
  find('dead-title', HTMLElement).focus()
  return settle()
}

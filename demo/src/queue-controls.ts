import { queue } from './orders.ts'
import { find, setText } from './page.ts'
import { setSwitch } from './server-link.ts'

const pauseButton = find('pause', HTMLButtonElement)
const retryButton = find('retry-now', HTMLButtonElement)
const loginButton = find('log-in', HTMLButtonElement)
const reloadButton = find('reload', HTMLButtonElement)
const purgeDialog = find('purge-dialog', HTMLDialogElement)

/** The buttons that tell the queue what to do. */
export function enableControls(failed: (error: unknown) => void): void {
  const when = (id: string, act: () => Promise<unknown>): void => {
    find(id, HTMLButtonElement).addEventListener('click', () => act().catch(failed))
  }
  when('pause', () => (pauseButton.value === 'resume' ? queue.resume() : queue.pause()))
  when('retry-now', () => queue.retryNow())
  when('log-in', async () => {
    // Should the server not hear of it, it says 401 once more.
    await setSwitch({ loggedOut: false }).catch(() => {})
    await queue.resume()
  })
  when('redrive-all', () => settleDead(() => queue.redrive()))
  find('purge-all', HTMLButtonElement).addEventListener('click', askBeforePurge)
  // One listener for good: the event of an answer may come when a person has asked again.
  purgeDialog.addEventListener('close', () => {
    if (purgeDialog.returnValue === 'purge') settleDead(() => queue.purge()).catch(failed)
  })
  reloadButton.addEventListener('click', () => location.reload())

  find('dead-rows', HTMLUListElement).addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return
    const ids = [target.value]
    const settle = target.name === 'redrive' ? queue.redrive(ids) : queue.purge(ids)
    settle.catch(failed)
  })
}

export interface Hindrances {
  readonly isLost: boolean
  readonly isPaused: boolean
  readonly isLoggedOut: boolean
}

export function showControls({ isLost, isPaused, isLoggedOut }: Hindrances): void {
  pauseButton.value = isPaused ? 'resume' : 'pause'
  setText(pauseButton, isPaused ? 'Resume' : 'Pause')
  // A pause holds, whoever asks to try; the status says so.
  retryButton.disabled = isPaused
  pauseButton.hidden = isLost
  retryButton.hidden = isLost || isLoggedOut
  loginButton.hidden = isLost || !isLoggedOut
  reloadButton.hidden = !isLost
}

/** What is purged is nowhere any more, so that a person is asked first. The platform gives the focus back when the answer is no. */
function askBeforePurge(): void {
  // Escape leaves it as it is: it would still be the answer of the last time.
  purgeDialog.returnValue = ''
  purgeDialog.showModal()
}

/** Rows and buttons are about to go, and the focus must not go with them. */
function settleDead(settle: () => Promise<unknown>): Promise<unknown> {
  find('dead-title', HTMLElement).focus()
  return settle()
}

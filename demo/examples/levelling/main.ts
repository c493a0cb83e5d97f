import type { Depth } from 'holdfast'
import { keepLooking } from '../../src/keep-looking.ts'
import { count, duration, find, setText } from '../../src/page.ts'
import { watchServer } from '../../src/server-link.ts'
import { Arrivals } from './arrivals.ts'
import type { MeterState } from './meter-state.ts'
import { burst, readings } from './queue.ts'

/** How often the picture moves on, in milliseconds. */
const STEP = 250

const said = find('said', HTMLOutputElement)
const arrivals = new Arrivals()
let isLost = false
let depth: Depth | undefined

async function burstOf(size: number): Promise<void> {
  const from = performance.now()
  try {
    await burst(size)
    setText(said, `${count(size)} events are on the disk, after ${duration(performance.now() - from)}`)
  } catch (error) {
    fail(error)
  }
}

async function look(): Promise<void> {
  depth = await readings.depth()
  showDepth()
}

function showDepth(): void {
  if (!depth) return
  const waiting = depth.ready + depth.leased
  setText(find('waiting', HTMLElement), count(waiting))
  setText(find('to-go', HTMLElement), outlook(waiting, depth.due !== undefined || !navigator.onLine))
}

function outlook(waiting: number, isHeldUp: boolean): string {
  if (waiting === 0) return 'Nothing waits'
  return isHeldUp ? 'No answer: all of them wait here until there is one' : `At fifty a second, ${timeFor(waiting)} to go`
}

function timeFor(waiting: number): string {
  const seconds = Math.ceil(waiting / 50)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

function showMeter(state: MeterState): void {
  // The queue would find out by itself. A page that hears earlier need not wait for that.
  if (isLost) readings.retryNow().catch(fail)
  isLost = false
  arrivals.told(state)
  setText(find('taken', HTMLElement), count(state.taken))
  setText(find('peak', HTMLElement), count(state.peak))
  showCheck('check-peak', state.peak <= state.limit, 'Never more than fifty within a second', `${count(state.refused)} refused`)
  showCheck('check-once', state.takenTwice === 0, 'Each one once', `${count(state.takenTwice)} more than once`)
  showLink('')
}

function showCheck(id: string, isPassed: boolean, good: string, bad: string): void {
  const check = find(id, HTMLElement)
  check.dataset['passed'] = String(isPassed)
  setText(check, isPassed ? good : bad)
}

function showLink(text: string): void {
  setText(find('link', HTMLElement), text)
}

function fail(error: unknown): void {
  setText(said, error instanceof Error ? error.message : String(error))
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-burst]')) {
  button.addEventListener('click', () => burstOf(Number(button.dataset['burst'])))
}
keepLooking(readings, look, fail)
watchServer<MeterState>('/api/meter/state', {
  changed: showMeter,
  lost() {
    isLost = true
    showLink('The endpoint cannot be reached from this page')
  },
})
setInterval(() => {
  setText(find('now', HTMLElement), count(arrivals.draw()))
  showDepth()
}, STEP)

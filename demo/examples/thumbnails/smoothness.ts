import { duration, find, setText } from '../../src/page.ts'

/** A frame that comes later than this is a pause that people see, in milliseconds. */
const SEEN = 100

/** How many frames the strip shows. */
const FRAMES = 180

const strip = find('strip', HTMLCanvasElement)
const buoy = find('buoy', HTMLElement)
const isCalm = matchMedia('(prefers-reduced-motion: reduce)')

const gaps: number[] = []
let last = 0
let longestPause = 0
let longestTask = 0

/** Begins anew: what a page does while it loads is not the work's. */
export function measureAnew(): void {
  longestPause = 0
  longestTask = 0
}

/** Draws each frame from the page's own thread: whatever blocks that stops the buoy. */
function frame(now: number): void {
  // A tab in the background has no frames.
  if (last > 0 && !document.hidden) note(now - last)
  last = document.hidden ? 0 : now
  if (!isCalm.matches) buoy.style.translate = `${Math.sin(now / 700) * 42}% ${Math.cos(now / 350) * 2}px`
  requestAnimationFrame(frame)
}

function note(gap: number): void {
  gaps.push(gap)
  if (gaps.length > FRAMES) gaps.shift()
  longestPause = Math.max(longestPause, gap)
  setText(find('longest-pause', HTMLElement), duration(longestPause))
  setText(find('longest-task', HTMLElement), longestTask > 0 ? duration(longestTask) : 'under 50 ms')
  draw()
}

/** The last few seconds, a bar for each frame: the higher, the longer it took. */
function draw(): void {
  const context = strip.getContext('2d')
  if (!context) return
  const { width, height } = strip
  const style = getComputedStyle(strip)
  context.clearRect(0, 0, width, height)
  gaps.forEach((gap, index) => {
    const tall = Math.max(2, Math.min(1, gap / (2 * SEEN)) * height)
    context.fillStyle = gap > SEEN ? style.getPropertyValue('--dead') : style.color
    context.fillRect(((FRAMES - gaps.length + index) / FRAMES) * width, height - tall, width / FRAMES - 1, tall)
  })
}

/** What the browser says of the page's thread, where it does: a frame can be late for other reasons. */
if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration)
  }).observe({ type: 'longtask' })
} else find('longest-task', HTMLElement).closest('div')?.remove()

document.addEventListener('visibilitychange', () => (last = 0))
requestAnimationFrame(frame)

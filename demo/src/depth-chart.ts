import { SPAN } from './depth-history.ts'
import type { Sample } from './depth-history.ts'
import { count, find, setText } from './page.ts'

/** The picture's own units; it is stretched to whatever room there is. */
const WIDTH = 240
const HEIGHT = 100

/** Ready and leased stand one upon the other, so that their top is all that waits; dead and delivered are lines. */
export function drawDepth(samples: readonly Sample[]): void {
  const last = samples.at(-1)
  if (!last) return
  // Counted from the picture's left edge: all that was ever delivered would soon dwarf what waits.
  const before = samples[0]?.delivered ?? 0
  const highest = Math.max(...samples.map(({ ready, leased, dead, delivered }) => Math.max(ready + leased, dead, delivered - before)))
  const top = roundUp(highest)
  const line = (height: (sample: Sample) => number): string => points(samples, last.at, (sample) => height(sample) / top)

  const leased = line((sample) => sample.leased)
  const waiting = line((sample) => sample.leased + sample.ready)
  draw('chart-leased', area(leased))
  draw('chart-ready', area(waiting))
  draw('chart-ready-edge', `M${waiting}`)
  draw('chart-dead', last.dead > 0 ? `M${line((sample) => sample.dead)}` : '')
  draw('chart-delivered', last.delivered > before ? `M${line((sample) => sample.delivered - before)}` : '')
  setText(find('chart-top', HTMLElement), count(top))
  find('chart', HTMLElement).setAttribute('aria-label', inWords(last, highest, last.delivered - before))
}

function draw(id: string, path: string): void {
  document.getElementById(id)?.setAttribute('d', path)
}

/** The samples as a line, the newest at the right edge. */
function points(samples: readonly Sample[], now: number, height: (sample: Sample) => number): string {
  const x = ({ at }: Sample): string => Math.max(0, WIDTH * (1 - (now - at) / SPAN)).toFixed(1)
  const y = (sample: Sample): string => (HEIGHT * (1 - height(sample))).toFixed(1)
  return samples.map((sample) => `${x(sample)},${y(sample)}`).join('L')
}

/** A line's points, closed along the bottom. */
function area(line: string): string {
  const [left] = line.split(',', 1)
  return `M${left},${HEIGHT}L${line}L${WIDTH},${HEIGHT}Z`
}

/** The next of 10, 15, 20, 30, 40, 60, 80, 100, …: an axis that does not jump with each order. */
function roundUp(value: number): number {
  const size = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(1, value))))
  return [1, 1.5, 2, 3, 4, 6, 8, 10].map((factor) => factor * size).find((candidate) => candidate >= value) ?? value
}

function inWords({ ready, leased, dead }: Sample, highest: number, delivered: number): string {
  return (
    `Depth of the queue over the last minute. Now ${count(ready)} waiting, ${count(leased)} under way, ${count(dead)} dead. ` +
    `${count(delivered)} delivered in that time; the highest was ${count(highest)}.`
  )
}

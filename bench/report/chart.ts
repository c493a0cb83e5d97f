/** A line in the chart: points of x (messages waiting) and y (milliseconds). */
export interface Line {
  readonly title: string
  readonly color: string
  readonly isDashed?: boolean
  readonly points: readonly (readonly [x: number, y: number])[]
}

const [WIDTH, HEIGHT] = [760, 420]
const [LEFT, RIGHT, TOP, BOTTOM] = [60, 230, 30, 50]

/** Growth, both axes logarithmic: what does not grow is a flat line. */
export function chart(title: string, lines: readonly Line[]): string {
  const [xs, ys] = [0, 1].map((i) => lines.flatMap(({ points }) => points.map((point) => point[i]!)))
  const [fromX, toX] = powers(xs!)
  const [fromY, toY] = powers(ys!)
  const x = (value: number): number => LEFT + ((Math.log10(value) - fromX) / (toX - fromX)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number): number => HEIGHT - BOTTOM - ((Math.log10(value) - fromY) / (toY - fromY)) * (HEIGHT - TOP - BOTTOM)
  const grid = [
    ...range(fromX, toX).map((power) => {
      const at = x(10 ** power)
      return `<path class="grid" d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${label(10 ** power)}</text>`
    }),
    ...range(fromY, toY).map((power) => {
      const at = y(10 ** power)
      return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${label(10 ** power)}</text>`
    }),
  ]
  const drawn = lines.map(({ title: name, color, isDashed, points }, i) => {
    const path = points.map(([px, py], j) => `${j === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('')
    const dots = points.map(([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${color}"/>`).join('')
    const dash = isDashed ? ' stroke-dasharray="5 4"' : ''
    const at = TOP + 10 + i * 20
    const key = `<path d="M${WIDTH - RIGHT + 15} ${at}h24" stroke="${color}" stroke-width="2"${dash}/><text x="${WIDTH - RIGHT + 45}" y="${at + 4}">${name}</text>`
    return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>${dots}${key}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<style>text { font: 12px system-ui, sans-serif; fill: #333 } .grid { stroke: #ddd; fill: none }</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="18">${title}</text>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">messages waiting</text>
${grid.join('\n')}
${drawn.join('\n')}
</svg>
`
}

function powers(values: readonly number[]): [from: number, to: number] {
  const from = Math.floor(Math.log10(Math.min(...values)))
  return [from, Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))))]
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function label(value: number): string {
  return value.toLocaleString('en')
}

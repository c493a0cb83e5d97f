// Whether adding workers adds speed: messages whose handler computes for 20 ms, and messages whose handler does nothing, by pools of one, two and four. `npm run bench:small`.
import { cpus } from 'node:os'
import { run } from './stage.mjs'

const ROUNDS = 3
const SIZES = [1, 2, 4]
const TASKS = [
  { what: '200 messages that take 20 ms each', count: 200, busy: 20 },
  { what: '2,000 messages that take no time', count: 2_000, busy: 0 },
]

await run({
  name: 'consumers',
  page: 'consumers-page.ts',
  others: { 'consumers-worker': 'consumers-worker.ts' },
  async work(page) {
    const took = new Map()
    // Interleaved: what else the machine does is done to all alike.
    for (let round = 0; round < ROUNDS; round++) {
      for (const { what, count, busy } of TASKS) {
        for (const size of SIZES) {
          const rate = (count / (await page.evaluate((given) => globalThis.handled(given), { count, size, busy }))) * 1_000
          took.set(`${what}/${size}`, [...(took.get(`${what}/${size}`) ?? []), rate])
        }
      }
    }
    const median = (rates) => Math.round(rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)])
    return TASKS.map(({ what }) => ({
      what,
      cores: cpus().length,
      rates: SIZES.map((size) => ({ size, rate: median(took.get(`${what}/${size}`)) })),
    }))
  },
})

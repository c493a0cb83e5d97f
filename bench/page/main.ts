import type { Open } from './contender.ts'
import type { Cell, Result } from './protocol.ts'
import { run } from './tasks.ts'

/** Does what this browser was started for, says what came of it, and is killed. */
async function main(): Promise<Result> {
  const cell = (await (await fetch('/cell')).json()) as Cell
  const { open } = (await import(`/contenders/${cell.module}.js`)) as { open: Open }
  const base = location.origin
  const ends = { endpoint: `${base}/messages`, batchEndpoint: `${base}/batch` }
  return run(cell.task, ({ isHeld = false, hasGroups = false, inBatches = false }) =>
    open({ ...ends, durability: cell.durability, isHeld: isHeld || cell.isHeld, hasGroups, inBatches }),
  )
}

const result = await main().catch((error: unknown): Result => {
  return { ok: false, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
})
await fetch('/result', { method: 'POST', body: JSON.stringify(result) })

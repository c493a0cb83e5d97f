import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** How many of some things nobody holds any more. */
export async function countCollected(things: readonly WeakRef<object>[]): Promise<number> {
  // What was read in this turn of the event loop is held until its end.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  return things.filter((thing) => thing.deref() === undefined).length
}

import type { Open } from '../page/contender.ts'
import { RawStore } from './raw-store.ts'

/** By hand, in the page's own thread. */
export const open: Open = async ({ durability, endpoint, isHeld }) => {
  const store = await RawStore.open(durability)
  if (!isHeld) void store.drain(endpoint)
  return {
    enqueue: (body) => store.add(body),
    drain: () => store.drain(endpoint),
    readBack: () => store.getAll(),
  }
}

import type { Open } from '../page/contender.ts'
import { RawStore } from './raw-store.ts'

/** The limit of one record for each message. */
export const open: Open = async ({ durability }) => {
  const store = await RawStore.open(durability)
  return {
    enqueueAll: (bodies) => store.addAll(bodies),
    readBack: () => store.getAll(),
  }
}

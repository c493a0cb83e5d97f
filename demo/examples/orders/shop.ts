import { hasTrouble } from './troubles.ts'
import type { Shop } from './work.ts'

/** How long each step takes, in milliseconds: so that a person can watch. */
const STEP = 200

const step = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, STEP))

/** A shop in which all goes well, but for the troubles that were switched on. */
export const shop: Shop = {
  async charge({ customer }) {
    await step()
    return (await hasTrouble(customer, 'declined')) ? 'declined' : 'paid'
  },
  pack: step,
  async ship({ customer }) {
    await step()
    if (await hasTrouble(customer, 'late')) throw new Error('The courier has not come')
  },
}

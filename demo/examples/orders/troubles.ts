import { books } from './books.ts'
import type { Trouble } from './books.ts'

const switched = new BroadcastChannel('troubles of the shop')

/** The customers that have each trouble. */
export type Troubles = Readonly<Record<Trouble, ReadonlySet<string>>>

export async function readTroubles(): Promise<Troubles> {
  const all = await (await books).getAllKeys('troubles')
  const having = (trouble: Trouble): ReadonlySet<string> => new Set(all.filter((key) => key[1] === trouble).map(([customer]) => customer))
  return { declined: having('declined'), late: having('late') }
}

export async function hasTrouble(customer: string, trouble: Trouble): Promise<boolean> {
  return (await (await books).count('troubles', [customer, trouble])) > 0
}

export async function setTrouble(customer: string, trouble: Trouble, isSo: boolean): Promise<void> {
  const key: [string, Trouble] = [customer, trouble]
  await (isSo ? (await books).put('troubles', true, key) : (await books).delete('troubles', key))
  switched.postMessage(trouble)
}

/** Calls back whenever another tab has switched one. */
export function whenSwitched(look: () => void): void {
  switched.addEventListener('message', look)
}

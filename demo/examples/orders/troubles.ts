/** What can go wrong with a customer's orders. */
export type Trouble = 'declined' | 'late'

/** Kept beside the queue, so that every tab knows of it. */
export function hasTrouble(customer: string, trouble: Trouble): boolean {
  return localStorage.getItem(keyOf(customer, trouble)) !== null
}

export function setTrouble(customer: string, trouble: Trouble, isSo: boolean): void {
  if (isSo) localStorage.setItem(keyOf(customer, trouble), '')
  else localStorage.removeItem(keyOf(customer, trouble))
}

function keyOf(customer: string, trouble: Trouble): string {
  return `${trouble}: ${customer}`
}

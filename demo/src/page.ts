/** The element with this id: index.html has it, or this is a mistake of ours. */
export function find<E extends HTMLElement>(id: string, type: new () => E): E {
  const element = document.getElementById(id)
  if (element instanceof type) return element
  throw new TypeError(`Expected #${id} to be a ${type.name}, got ${element?.tagName ?? 'nothing'}`)
}

/** Changes a text only where it is another: a live region would be read out again, a selection would be lost. */
export function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text
}

/** A number as people of this page's language write it. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** "1 order", "2 orders". */
export function orders(value: number): string {
  return `${count(value)} ${value === 1 ? 'order' : 'orders'}`
}

/** A time of this day, to the second. */
export function timeOf(time: number): string {
  return new Date(time).toLocaleTimeString('en', { hour12: false })
}

/** How long something takes. */
export function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`
}

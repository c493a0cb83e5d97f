import { count, setText } from './page.ts'

/** How things become rows of a list. */
export interface RowKind<T> {
  /** The id of a `<template>` in index.html that holds one row. */
  readonly template: string
  readonly keyOf: (thing: T) => string
  /** Writes a thing into its row. */
  readonly fill: (row: HTMLElement, thing: T) => void
}

/**
 * Makes a list show these things, in this order. A row stays the same element as long as its thing is there, so that the focus stays
 * where it is while the queue moves on; when the row goes, the heading of its list takes the focus over.
 */
export function showRows<T>(list: HTMLElement, things: readonly T[], kind: RowKind<T>): void {
  const present = new Map(Array.from(list.children, (row) => [(row as HTMLElement).dataset['key'], row as HTMLElement]))
  const rows = things.map((thing) => {
    const key = kind.keyOf(thing)
    const row = present.get(key) ?? newRow(kind.template, key)
    present.delete(key)
    kind.fill(row, thing)
    return row
  })
  const focused = document.activeElement
  for (const gone of present.values()) {
    if (gone.contains(focused)) list.closest('section')?.querySelector<HTMLElement>('[tabindex="-1"]')?.focus({ preventScroll: true })
    gone.remove()
  }
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null)
  })
  // An element that is moved loses it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true })
}

/** Says how many there are beside those that are shown. */
export function showMore(section: HTMLElement, total: number, shown: number): void {
  section.toggleAttribute('data-empty', total === 0)
  setText(section.querySelector(':scope > .more'), total > shown ? `and ${count(total - shown)} more` : '')
}

/** Writes into a part of a row. */
export function fillPart(row: HTMLElement, part: string, text: string): HTMLElement | null {
  const element = row.querySelector<HTMLElement>(`[data-part="${part}"]`)
  setText(element, text)
  return element
}

/** Gives the buttons of a row what they act on, and names that tell rows apart. */
export function fillButtons(row: HTMLElement, names: string, value: string, about: string): void {
  for (const button of row.querySelectorAll<HTMLButtonElement>(names)) {
    button.value = value
    button.setAttribute('aria-label', `${button.textContent}: ${about}`)
  }
}

/** A row from its template, with the key of what it shows. */
export function newRow(template: string, key: string): HTMLElement {
  const source = document.getElementById(template)
  const row = source instanceof HTMLTemplateElement ? source.content.firstElementChild?.cloneNode(true) : undefined
  if (!(row instanceof HTMLElement)) throw new TypeError(`Expected #${template} to be a template with one row`)
  row.dataset['key'] = key
  return row
}

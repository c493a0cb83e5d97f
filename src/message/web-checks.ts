/** An absolute http(s) URL, or one that becomes so on any page. */
export function isEndpoint(value: unknown): boolean {
  if (!(value instanceof URL) && (typeof value !== 'string' || value.trim() === '')) return false
  try {
    const { protocol, username, password } = new URL(value, 'https://page.invalid/')
    // `fetch` takes no URL with credentials in it.
    return /^https?:$/.test(protocol) && username === '' && password === ''
  } catch {
    return false
  }
}

/** What `fetch` lets somebody read: no cookies. */
export function areReadable(names: unknown): boolean {
  if (!Array.isArray(names) || names.length > 50 || !names.every((name) => typeof name === 'string')) return false
  return areHeaders(names.map((name) => [name, ''])) && !names.some((name) => /^set-cookie2?$/i.test(name))
}

export function areHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return new Headers(value as HeadersInit) instanceof Headers
  } catch {
    return false
  }
}

/** Without half of a surrogate pair, which no name of a database could be made of. */
export function isWellFormed(text: string): boolean {
  try {
    return encodeURIComponent(text) !== ''
  } catch {
    return false
  }
}

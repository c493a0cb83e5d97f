/** The longest wait that a server is granted, in milliseconds. */
export const LONGEST_WAIT = 3_600_000

/**
 * What `Retry-After` asks for, in milliseconds, at most an hour (RFC 9110, 10.2.3: seconds or a date). A date is compared with the
 * answer's own `Date`, where it can be read: the device's clock may be wrong.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after']?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, LONGEST_WAIT)
  // Date.parse takes almost anything for a date: "-1", "1.5".
  const until = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  if (Number.isNaN(until)) return undefined
  const sent = Date.parse(headers['date'] ?? '')
  return Math.min(Math.max(0, until - (Number.isNaN(sent) ? now : sent)), LONGEST_WAIT)
}

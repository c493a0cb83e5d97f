import type { EnqueueOptions } from './enqueue-options.ts'
import { isText, whole } from './checks.ts'
import { groupCheck, messageChecks } from './option-checks.ts'
import type { Check, Checks } from './checks.ts'

export const dedupKeyCheck: Check = { expected: 'a string of 1 to 256 characters', passes: (value) => isText(value, 1) }

/** The options of one message. */
export const enqueueChecks: Checks<EnqueueOptions> = {
  group: groupCheck,
  delay: whole(0),
  ...messageChecks,
  dedupKey: dedupKeyCheck,
  idempotencyKey: {
    expected: '1 to 256 visible ASCII characters',
    passes: (value) => typeof value === 'string' && /^[!-~]{1,256}$/.test(value),
  },
}

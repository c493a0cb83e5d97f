import { QueueError, shown } from './error.ts'

export interface Check {
  readonly expected: string
  readonly passes: (value: unknown) => boolean
  /** What may stand for such an object. */
  readonly shorthand?: string
  /** Checked first, where the option is an object of known parts. */
  readonly parts?: Readonly<Record<string, Check>>
}

export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check }

/** Refuses unknown options, and known ones with a value that they do not take. */
export function checkOptions<Options>(options: unknown, checks: Checks<Options>, of = ''): asserts options is Options {
  if (typeof options !== 'object' || options === null) throw wrongOption(of || 'options', 'an object', options)
  const within = of && `${of}.`
  for (const [name, value] of Object.entries(options)) {
    const check: Check | undefined = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined
    if (!check) throw invalid(`Unknown option \`${within}${name}\`; known are ${Object.keys(checks).join(', ')}`)
    if (value === undefined || value === check.shorthand) continue
    if (check.shorthand !== undefined && typeof value !== 'object') throw wrongOption(within + name, check.expected, value)
    if (check.parts) checkOptions(value, check.parts, within + name)
    if (!check.passes(value)) throw wrongOption(within + name, check.expected, value)
  }
}

/** Refuses options of which some are left out that may not be. */
export function required<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) if (options[name] === undefined) throw wrongOption(name, checks[name].expected, undefined)
}

/** What is thrown for an option that cannot be. */
export function invalid(message: string): QueueError {
  return new QueueError('invalid-option', message)
}

export function wrongOption(name: string, expected: string, value: unknown): QueueError {
  return invalid(`Expected \`${name}\` to be ${expected}, got ${shown(value)}`)
}

/** A whole number, from one on. */
export function whole(least: number): Check {
  return { expected: `a whole number from ${least}`, passes: (value) => isWhole(value, least) }
}

export function wholeUpTo(most: number): Check {
  return { expected: `a whole number from 1 to ${most}`, passes: (value) => isWhole(value, 1) && (value as number) <= most }
}

export function oneOf(...values: (string | boolean)[]): Check {
  return {
    expected: values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(' or '),
    passes: (value) => values.includes(value as string),
  }
}

export function oneOrBoth(parts: Readonly<Record<string, Check>>): Check {
  return { expected: `{ ${Object.keys(parts).join(', ')} }, one of them or both`, parts, passes: (value) => countGiven(value) > 0 }
}

export function aFunction(does: string): Check {
  return { expected: `a function that ${does}`, passes: (value) => typeof value === 'function' }
}

export function isText(value: unknown, shortest: number): boolean {
  return typeof value === 'string' && value.length >= shortest && value.length <= 256
}

export function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least
}

export function isCount(value: unknown): boolean {
  return value === Infinity || isWhole(value, 1)
}

export function countGiven(value: unknown): number {
  return Object.values(value as object).filter((part) => part !== undefined).length
}

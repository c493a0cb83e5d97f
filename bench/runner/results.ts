import type { Check } from '../page/bodies.ts'
import type { Figures } from '../page/protocol.ts'
import type { Profile } from './profile.ts'
import type { Scale } from './rows.ts'
import type { Bytes } from './site.ts'

/** What `results/latest.json` holds, and `docs/performance.md` is written from. */
export interface Results {
  readonly date: string
  readonly scale: Scale
  /** Only these rows were run. */
  readonly only?: readonly string[]
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  /** The load average of the last minute at the beginning of each round. */
  readonly loads: readonly number[]
  readonly minutes: number
  readonly cells: readonly Measured[]
  readonly bytes: Readonly<Record<string, Bytes>>
  readonly profiles: readonly Profile[]
}

export interface Machine {
  readonly cores: number
  readonly memoryInGb: number
  readonly platform: string
  readonly node: string
  readonly chromium: string
}

/** One row of one contender: a list of what each round gave. */
export interface Measured {
  readonly row: string
  readonly contender: string
  readonly rounds: readonly Round[]
}

export interface Round {
  readonly round: number
  readonly figures?: Figures
  readonly check?: Check
  readonly error?: string
}

import { test } from 'vitest'
import { playLeases, RUNS } from '../world/lease-histories.ts'

for (const order of ['group', 'queue'] as const) {
  test(
    `consumers, order: '${order}': in ${RUNS} random histories, a message is in one handler's hands at a time, and only who has it under its lease settles it`,
    () => playLeases(order),
    3_600_000,
  )
}

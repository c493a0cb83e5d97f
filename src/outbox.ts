export { installOutbox, openOutbox } from './producer/outbox.ts'
export type { Outbox, OutboxOptions, OutboxTransaction, UpgradedDatabase } from './producer/outbox.ts'
export { OUTBOX } from './producer/outbox-store.ts'

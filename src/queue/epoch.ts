import { isQueueError } from '../message/error.ts'
import type { Connection } from './connection.ts'
import { readHead } from './meta.ts'
import type { Head } from './meta.ts'

/** Another leader has begun: this one may neither settle nor send. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/** Whether another leads by now, or the queue that was led is no more. */
export function isOver(error: unknown): boolean {
  return error instanceof Superseded || (isQueueError(error) && error.code === 'destroyed')
}

/** Refuses what a leader writes that leads no more. */
export function assertEpoch(head: Pick<Head, 'epoch'>, epoch: number): void {
  if (head.epoch !== epoch) throw new Superseded(`epoch ${epoch} ended; it is ${head.epoch} now`)
}

/** The same, before something is done that is not written here. */
export async function assertLeads(connection: Connection, epoch: number): Promise<void> {
  assertEpoch(await connection.read(['meta'], readHead), epoch)
}

import type { Connection } from './connection.ts'
import { countsOf, queueTime, readHead, readTail } from './meta.ts'
import type { Head } from './meta.ts'

/** What tells a leader that is at work from one that is not. */
export interface Pulse extends Pick<Head, 'epoch' | 'revision'> {
  /** Whether there is anything that a leader could do. */
  readonly isAnyWaiting: boolean
}

/**
 * What the leader has written last. Its `revision` is its heartbeat: a counter that goes up with each of its transactions, and with one that it makes when it is
 * asked whether it is there. Whoever looks twice sees whether it lives, whatever the clock says.
 *
 * @param now the device's time.
 */
export function pulse(connection: Connection, now: number): Promise<Pulse> {
  return connection.read(['meta', 'delayed'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    const { epoch, revision } = head
    const isWaiting = countsOf(tail, head).waiting > 0
    const [first] = isWaiting || tail.delayed === 0 ? [] : await tx.objectStore('delayed').getAllKeys(null, 1)
    const isDue = first !== undefined && first[0] <= queueTime(head, now)
    return { epoch, revision, isAnyWaiting: (isWaiting && !tail.paused) || isDue }
  })
}

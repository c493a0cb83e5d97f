import type { Death, Standing } from '../message/message.ts'
import type { Connection } from './connection.ts'
import { find, isHalted, isLeased } from './find.ts'
import type { Known } from './find.ts'
import { areChanged, readHead, readTail } from './meta.ts'
import type { DeadRecord, ReadTransaction } from './schema.ts'

/**
 * Where messages stand, by their ids; at the same cost for each however many wait.
 *
 * @param since receipts are kept of what left the queue after that.
 */
export function standings(connection: Connection, ids: readonly string[], since: number): Promise<Standing[]> {
  return connection.read(['inbox', 'meta', 'groups', 'parked', 'dead', 'delayed', 'changes', 'receipts'], async (tx) => {
    const [tail, head] = await Promise.all([readTail(tx), readHead(tx)])
    return Promise.all(ids.map((id) => standing(tx, { tail, head }, id, since)))
  })
}

async function standing(tx: ReadTransaction, { tail, head }: Known, id: string, since: number): Promise<Standing> {
  const place = await find(tx, { tail, head }, id)
  if (place?.kind === 'delayed') return { state: 'delayed' }
  if (place && !isHalted(head, place)) return { state: isLeased(head, place) ? 'leased' : 'ready' }
  const letter = await tx.objectStore('dead').index('id').get(id)
  if (letter) return { state: 'dead', death: deathOf(letter) }
  const change = areChanged(tail, head) ? await tx.objectStore('changes').index('id').get(id) : undefined
  if (change?.kind === 'cancelled') return { state: 'cancelled', maybeDelivered: change.maybeDelivered === true }
  const receipt = await tx.objectStore('receipts').index('id').get(id)
  if (!receipt || receipt.settledAt <= since) return { state: 'unknown' }
  if (receipt.answer) return { state: 'accepted', answer: receipt.answer }
  return { state: 'cancelled', maybeDelivered: receipt.maybeDelivered === true }
}

/** What a dead letter keeps beside its message. */
function deathOf({ reason, deadAt, attempts, status, excerpt, trail, maybeDelivered, halts }: DeadRecord): Death {
  return {
    reason,
    deadAt,
    attempts,
    status,
    excerpt,
    ...(trail && { trail }),
    ...(maybeDelivered && { maybeDelivered }),
    ...(halts && { halts }),
  }
}

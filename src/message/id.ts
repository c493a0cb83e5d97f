/**
 * The id of a message is minted where it is enqueued, before anything crosses to the host, and says who minted it:
 * `<producer>.<batch>.<offset>`. A batch that is issued again, because nobody heard whether the first try was stored,
 * is known by producer and number, without an index over messages (as in Kafka's idempotent producer).
 *
 * A producer is random for each realm and never stored: a tab that the user duplicates copies `sessionStorage`.
 */
export function mintProducer(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, '0')).join('')
}

/** The id of the message at `offset` of a producer's batch. */
export function messageId(producer: string, batch: number, offset: number): string {
  return idIn(`${producer}.${batch.toString(36)}`, offset)
}

/** The id of the message at `offset` of a batch, of which a message on which others follow is one as well. */
export function idIn(batch: string, offset: number): string {
  return `${batch}.${offset.toString(36)}`
}

/** The batch in which a message was enqueued, by its id. */
export function batchOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('.')))
}

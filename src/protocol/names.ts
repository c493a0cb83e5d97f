/** The names under which the contexts of one origin find each other: they are part of the stored format, and never change. */
export const databaseName = (key: string): string => `holdfast/${key}`
export const leaderLock = (key: string): string => `holdfast/${key}/leader`
/** Held by whoever moves messages from an app's database into the queue. */
export const relayLock = (key: string, database: string): string => `holdfast/${key}/outbox/${database}`
/** The tag under which Background Sync calls a service worker to drain a queue. */
export const syncTag = (queue: string): string => `holdfast/${queue}`
/** Held by whoever stores a large body, until its message is stored. */
export const spoolLock = (key: string, spool: string): string => `holdfast/${key}/spool/${spool}`
/** Before the producer and the number of each batch that a page has left behind, in `localStorage`. */
export const leftBehind = (key: string): string => `${databaseName(key)}/left/`
export const tabChannel = (key: string): string => `holdfast/${key}`

/**
 * What a queue is known by: its name, and whose messages it holds. A name has no `@`, and an identity, as it is encoded, neither that nor a slash, so that no two pairs
 * have one key. Without an identity it is the name.
 */
export function queueKey(name: string, identity: string | undefined): string {
  return identity === undefined ? name : `${name}@${encodeURIComponent(identity)}`
}

/** The other end of {@link queueKey}. */
export function ofKey(key: string): { readonly name: string; readonly identity?: string } {
  const at = key.indexOf('@')
  return at < 0 ? { name: key } : { name: key.slice(0, at), identity: decodeURIComponent(key.slice(at + 1)) }
}

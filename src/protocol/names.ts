/** The names under which the contexts of one origin find each other: they are part of the stored format, and never change. */
export const databaseName = (queue: string): string => `holdfast/${queue}`
export const leaderLock = (queue: string): string => `holdfast/${queue}/leader`
export const tabChannel = (queue: string): string => `holdfast/${queue}`
/** The tag under which Background Sync calls a service worker to drain a queue. */
export const syncTag = (queue: string): string => `holdfast/${queue}`
/** Before the producer and the number of each batch that a page has left behind, in `localStorage`. */
export const leftBehind = (queue: string): string => `${databaseName(queue)}/left/`

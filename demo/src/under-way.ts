import type { Queue } from 'holdfast'

/** Which messages are being sent now, as far as this page has heard, and how much of each has left, from 0 to 1: of those that are leased, some are next in line. */
export function watchUnderWay(queue: Queue<unknown>): ReadonlyMap<string, number> {
  const sending = new Map<string, number>()
  queue.subscribe((event) => {
    if (event.type === 'leased') sending.set(event.id, 0)
    else if (event.type === 'progressed') sending.set(event.id, event.progress)
    else if (event.type === 'host-lost' || event.type === 'storage-cleared') sending.clear()
    else if (event.type === 'accepted' || event.type === 'retry-scheduled' || event.type === 'dead-lettered' || event.type === 'cancelled')
      sending.delete(event.id)
  })
  return sending
}

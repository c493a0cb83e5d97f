import type { Queue } from 'holdfast'

/** Which messages are being sent now, as far as this page has heard: of those that are leased, some are next in line. */
export function watchUnderWay(queue: Queue<unknown>): ReadonlySet<string> {
  const sending = new Set<string>()
  queue.subscribe((event) => {
    if (event.type === 'leased') sending.add(event.id)
    else if (event.type === 'host-lost' || event.type === 'storage-cleared') sending.clear()
    else if (event.type === 'accepted' || event.type === 'retry-scheduled' || event.type === 'dead-lettered' || event.type === 'cancelled')
      sending.delete(event.id)
  })
  return sending
}

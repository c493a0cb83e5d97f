import type { Queue } from 'holdfast'

export type Stage = 'charge' | 'pack' | 'ship' | 'late'

/** How far the orders are that are in hand, in whatever tab, as far as that was heard. */
export function watchStages(queue: Pick<Queue, 'subscribe'>): ReadonlyMap<string, Stage> {
  const stages = new Map<string, Stage>()
  queue.subscribe((event) => {
    switch (event.type) {
      case 'leased':
        return void stages.set(event.id, 'charge')
      case 'progressed':
        return void stages.set(event.id, event.progress < 0.5 ? 'pack' : 'ship')
      case 'retry-scheduled':
        return void stages.set(event.id, 'late')
      case 'accepted':
      case 'dead-lettered':
        return void stages.delete(event.id)
    }
  })
  return stages
}

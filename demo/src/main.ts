import { afterError, afterEvent } from './activity.ts'
import type { Activity } from './activity.ts'
import { drawDepth } from './depth-chart.ts'
import { DepthHistory, STEP } from './depth-history.ts'
import { watchQueue } from './glance.ts'
import type { Glance } from './glance.ts'
import { enableMorning } from './morning.ts'
import { enableForm } from './order-form.ts'
import type { Order } from './order.ts'
import { queue } from './orders.ts'
import { find } from './page.ts'
import { enableControls, showControls } from './queue-controls.ts'
import { listDelivered, showLists } from './queue-lists.ts'
import { watchServer } from './server-link.ts'
import { enableSwitches, showServer, showServerLost } from './server-panel.ts'
import type { ServerState } from './server-state.ts'
import { showPart, showStatus } from './status.ts'

let activity: Activity = { kind: 'unknown' }
let glance: Glance<Order> | undefined
let server: ServerState | undefined
const history = new DepthHistory()

queue.subscribe((event) => {
  activity = afterEvent(activity, event)
  showPart(event)
})
const deliveredSoFar = listDelivered(queue)

watchQueue(
  queue,
  (seen) => {
    glance = seen
    showLists(seen, activity.kind === 'sending' ? activity.id : undefined)
    update()
  },
  fail,
)

enableForm(fail)
enableMorning(fail)
enableControls(fail)
enableSwitches()

watchServer({
  changed(state) {
    showServer(state)
    // The queue would find out by itself, at its next attempt. An application that hears earlier need not wait for that.
    if (isBack(state, server)) queue.retryNow().catch(fail)
    server = state
  },
  lost() {
    showServerLost()
    server = undefined
  },
})

// Where there is no room, it would push all else out of view.
find('try', HTMLDetailsElement).open = matchMedia('(min-width: 52rem)').matches
setInterval(update, STEP)
addEventListener('online', update)
addEventListener('offline', update)
void navigator.serviceWorker?.register('/service-worker.js')

function update(): void {
  const depth = glance?.depth
  showStatus({ activity, depth, delivered: deliveredSoFar(), isOnline: navigator.onLine })
  showControls({ isLost: activity.kind === 'lost', isPaused: depth?.paused ?? false })
  if (!depth) return
  history.add({ at: Date.now(), ready: depth.ready, leased: depth.leased, dead: depth.dead, delivered: deliveredSoFar() })
  drawDepth(history.samples)
}

function isBack({ switches }: ServerState, before: ServerState | undefined): boolean {
  const isWell = !switches.away && !switches.failing && !switches.losingAnswers
  const wasWell = before && !before.switches.away && !before.switches.failing && !before.switches.losingAnswers
  return isWell && !wasWell
}

function fail(error: unknown): void {
  activity = afterError(activity, error)
  update()
}

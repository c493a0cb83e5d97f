import { afterError, afterEvent } from './activity.ts'
import type { Activity } from './activity.ts'
import { watchDeliveries } from './deliveries.ts'
import type { Deliveries } from './deliveries.ts'
import { drawDepth } from './depth-chart.ts'
import { DepthHistory, STEP } from './depth-history.ts'
import { listEvents } from './event-log.ts'
import { watchQueue } from './glance.ts'
import type { Glance } from './glance.ts'
import { enableMorning } from './morning.ts'
import { enableNote } from './note-form.ts'
import { enableForm } from './order-form.ts'
import type { Order } from './order.ts'
import { notes, proofs, queue } from './orders.ts'
import { find } from './page.ts'
import { enableProofForm, offerOrders } from './proof-form.ts'
import { watchProofs } from './proof-list.ts'
import { enableControls, showControls } from './queue-controls.ts'
import { showDelivered, showLists } from './queue-lists.ts'
import { watchServer } from './server-link.ts'
import { enableSwitches, showServer, showServerLost } from './server-panel.ts'
import type { ServerState } from './server-state.ts'
import { showPart, showStatus } from './status.ts'
import { watchUnderWay } from './under-way.ts'
import { enableCustomers } from './waiting-list.ts'
import { enableWithdrawal } from './withdraw.ts'

let activity: Activity = { kind: 'unknown' }
let glance: Glance<Order> | undefined
let deliveries: Deliveries | undefined
let server: ServerState | undefined
const history = new DepthHistory()

queue.subscribe((event) => {
  activity = afterEvent(activity, event)
  showPart(event)
})
listEvents(queue)

watchDeliveries(
  queue,
  (known) => {
    deliveries = known
    showDelivered(known)
    offerOrders(glance, deliveries)
  },
  fail,
)

watchQueue(queue, {
  sending: watchUnderWay(queue),
  show(seen) {
    glance = seen
    showLists(seen)
    offerOrders(glance, deliveries)
    update()
  },
  failed: fail,
})

enableForm(fail)
enableMorning(fail)
enableNote()
enableProofForm()
watchProofs(fail)
enableControls(fail)
enableCustomers(fail)
enableWithdrawal(fail)
enableSwitches()

watchServer<ServerState>('/api/state', {
  changed(state) {
    showServer(state)
    // The queue would find out by itself, at its next attempt. An application that hears earlier need not wait for that.
    if (isWell(state) && !isWell(server)) Promise.all([queue.retryNow(), notes.retryNow(), proofs.retryNow()]).catch(fail)
    server = state
  },
  lost() {
    showServerLost()
    server = undefined
  },
})

// Where there is no room, they would push all else out of view.
for (const id of ['try', 'uses']) {
  const advice = find(id, HTMLDetailsElement)
  advice.open = matchMedia('(min-width: 52rem)').matches
  advice.dataset['placed'] = ''
}
setInterval(update, STEP)
addEventListener('online', update)
addEventListener('offline', update)
void navigator.serviceWorker?.register('/service-worker.js')

function update(): void {
  const depth = glance?.depth
  showStatus({ activity, glance, delivered: deliveries?.sinceOpened ?? 0, isOnline: navigator.onLine })
  showControls({ isLost: activity.kind === 'lost', isPaused: depth?.paused ?? false, isLoggedOut: depth?.unauthorized ?? false })
  // Without the deliveries of earlier the picture would begin with a leap.
  if (!depth || !deliveries) return
  history.add({ at: Date.now(), ready: depth.ready, leased: depth.leased, dead: depth.dead, delivered: deliveries.total })
  drawDepth(history.samples)
}

function isWell(state: ServerState | undefined): boolean {
  return state !== undefined && !state.switches.away && !state.switches.failing && !state.switches.losingAnswers
}

function fail(error: unknown): void {
  activity = afterError(activity, error)
  update()
}

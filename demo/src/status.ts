import type { QueueEvent } from 'holdfast'
import { REASONS } from './activity.ts'
import type { Activity } from './activity.ts'
import type { Glance } from './glance.ts'
import type { Order } from './order.ts'
import { count, find, orders, setText } from './page.ts'

/** Everything that the line of status is made from. */
export interface Situation {
  readonly activity: Activity
  readonly glance: Glance<Order> | undefined
  /** How many orders were delivered since the page was opened. */
  readonly delivered: number
  readonly isOnline: boolean
}

/** A headline, which is read out when it changes, and what changes too often for that. */
interface Status {
  readonly mood: 'calm' | 'busy' | 'held' | 'bad'
  readonly headline: string
  readonly detail: string
}

export function showStatus(situation: Situation): void {
  const { mood, headline, detail } = statusOf(situation)
  find('status', HTMLElement).dataset['mood'] = mood
  setText(find('headline', HTMLElement), headline)
  setText(find('detail', HTMLElement), detail)
  showPill('pill-connection', situation.isOnline ? 'Online' : 'Offline', situation.isOnline ? 'good' : 'held')
  if (situation.activity.kind === 'lost') showLoss()
}

/** What this tab is told of its own part. */
export function showPart(event: QueueEvent): void {
  if (event.type === 'leadership-gained') return showPill('pill-leader', 'This tab delivers', 'good')
  if (event.type === 'leadership-lost') return showPill('pill-leader', 'Another tab delivers', 'idle')
  if (event.type === 'host-lost') return showPill('pill-host', 'The worker starts again', 'held')
  if (event.type !== 'host-started') return
  const isInPage = event.host === 'in-place'
  showPill('pill-host', isInPage ? 'Runs in the page' : 'Runs in a worker', isInPage ? 'held' : 'good')
  find('pill-host', HTMLElement).title = event.reason ?? ''
}

function showLoss(): void {
  showPill('pill-host', 'The worker has died', 'bad')
  showPill('pill-leader', 'This tab delivers nothing', 'bad')
}

function showPill(id: string, text: string, state: 'good' | 'held' | 'bad' | 'idle'): void {
  const pill = find(id, HTMLElement)
  pill.dataset['state'] = state
  setText(pill, text)
}

function statusOf(situation: Situation): Status {
  const { activity, glance } = situation
  switch (activity.kind) {
    case 'lost': {
      const detail = 'What is stored is safe on this device: reload to go on with it'
      return { mood: 'bad', headline: 'This page has lost its queue', detail }
    }
    case 'cleared':
      return { mood: 'bad', headline: 'This site’s data was cleared', detail: lostOf(activity) }
    case 'in-trouble':
      return { mood: 'bad', headline: 'Something is wrong on this device', detail: activity.message }
    default:
      return glance ? statusOfQueue(situation, glance) : { mood: 'calm', headline: 'Starting', detail: '' }
  }
}

function statusOfQueue({ activity, delivered, isOnline }: Situation, glance: Glance<Order>): Status {
  const { depth } = glance
  const waiting = depth.ready + depth.leased
  const safe = `${orders(waiting + depth.delayed)}, ${size(depth.bytes)}, safe on this device`
  if (depth.paused) {
    const detail = `${waiting === 0 ? 'Nothing waits' : safe}\nNothing is tried until you resume`
    return { mood: 'held', headline: 'Paused', detail }
  }
  if (depth.unauthorized) return { mood: 'held', headline: 'Logged out', detail: `${safe}\nNothing is sent until you log in again` }
  if (waiting === 0 && depth.delayed > 0) return { mood: 'calm', headline: 'Waiting for its time', detail: `${safe}\n${nextOf(glance)}` }
  if (waiting === 0) return { mood: 'calm', headline: 'Nothing waits', detail: afterwards(glance, delivered) }
  if (!isOnline) return { mood: 'held', headline: 'Waiting for the connection', detail: safe }
  if (isAllStopped(glance)) return { mood: 'held', headline: 'Waiting for you', detail: `${safe}\n${customersOf(depth.stopped)}` }
  if (activity.kind === 'holding')
    return { mood: 'held', headline: REASONS[activity.reason], detail: `${safe}\n${answerOf(activity)}; ${nextTry(activity.due)}` }
  if (depth.leased > 0) return { mood: 'busy', headline: 'Delivering', detail: `${orders(waiting)} to go` }
  // After a reload: what held it up was told to an earlier page.
  const detail = depth.due === undefined ? safe : `${safe}\n${nextTry(depth.due)}`
  return { mood: 'held', headline: 'Waiting for the next attempt', detail }
}

/** Whether all that waits is of customers who are halted or paused. */
function isAllStopped({ depth, groups }: Glance<Order>): boolean {
  const stopped = groups.filter(({ isHalted, isPaused }) => isHalted || isPaused)
  return depth.leased === 0 && stopped.reduce((all, { total }) => all + total, 0) >= depth.ready
}

function customersOf(stopped: number): string {
  return stopped === 1 ? 'One customer is halted or paused' : `${count(stopped)} customers are halted or paused`
}

function nextOf({ delayed: [next] }: Glance<Order>): string {
  const seconds = Math.ceil(((next?.due ?? 0) - Date.now()) / 1_000)
  return seconds > 0 ? `the next goes in ${seconds} s` : 'the next goes now'
}

function afterwards({ depth: { dead } }: Glance<Order>, delivered: number): string {
  if (dead > 0) return `${orders(dead)} put aside: see the dead letters`
  return delivered > 0 ? `${orders(delivered)} delivered since this page was opened` : 'What you place is kept here until the server has it'
}

function lostOf({ waiting, dead }: Activity & { kind: 'cleared' }): string {
  const letters = dead === 0 ? '' : ` and ${dead} among the dead letters`
  return `${orders(waiting)} that waited${letters}: gone. What you place now is kept again`
}

function answerOf({ status }: Activity & { kind: 'holding' }): string {
  return status === undefined ? 'No answer' : `Answer ${status}`
}

function nextTry(due: number): string {
  const seconds = Math.ceil((due - Date.now()) / 1_000)
  return seconds > 0 ? `next try in ${seconds} s` : 'trying again'
}

function size(bytes: number): string {
  return bytes < 1_000 ? `${bytes} bytes` : `${count(Math.round(bytes / 1_000))} kB`
}

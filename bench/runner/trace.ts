/** As much as is used of what Chromium's tracing writes. */
export interface TraceEvent {
  readonly name: string
  readonly cat: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly id?: string
  readonly args: {
    readonly name?: string
    readonly data?: {
      readonly cpuProfile?: { readonly nodes?: readonly ProfileNode[]; readonly samples?: readonly number[] }
      readonly timeDeltas?: readonly number[]
      readonly startTime?: number
    }
  }
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string }
}

/** A thread and how long it worked, in milliseconds. */
export interface Thread {
  readonly name: string
  readonly busy: number
  /** Where its JavaScript spent its time, if it has any, longest first. */
  readonly functions: readonly { readonly name: string; readonly self: number }[]
}

const MOST_FUNCTIONS = 12

/** What watches, and the page with which a browser under a driver begins. */
const BYSTANDERS = /WebUI|DevTools|tracing/i

/** What each thread did between the two marks. */
export function threadsOf(events: readonly TraceEvent[]): { readonly duration: number; readonly threads: readonly Thread[] } {
  const from = events.find(({ name }) => name === 'clock-started')?.ts ?? -Infinity
  const to = events.findLast(({ name }) => name === 'clock-stopped')?.ts ?? Infinity
  const names = namesOf(events)
  const busy = new Map<string, number>()
  for (const { name, ph, pid, tid, ts, dur, tdur } of events) {
    if (ph !== 'X' || !dur || !tdur || ts + dur < from || ts > to) continue
    if (name !== 'ThreadControllerImpl::RunTask' && name !== 'ThreadPool_RunTask') continue
    const thread = names(pid, tid)
    // A task that the clock started or stopped in counts for its part.
    const part = (Math.min(ts + dur, to) - Math.max(ts, from)) / dur
    busy.set(thread, (busy.get(thread) ?? 0) + (tdur * part) / 1_000)
  }
  const functions = functionsOf(events, from, to, names)
  const threads = Array.from(busy, ([name, time]): Thread => ({ name, busy: time, functions: functions.get(name) ?? [] }))
  const watched = threads.filter(({ name }) => !BYSTANDERS.test(name))
  return { duration: (to - from) / 1_000, threads: watched.sort((a, b) => b.busy - a.busy) }
}

/** Says which thread is meant; the pool's threads of one process are one. */
function namesOf(events: readonly TraceEvent[]): (pid: number, tid: number) => string {
  const processes = new Map<number, string>()
  const threads = new Map<string, string>()
  for (const { name, pid, tid, args } of events) {
    if (name === 'process_name') processes.set(pid, args.name ?? '')
    else if (name === 'thread_name') threads.set(`${pid}/${tid}`, (args.name ?? '').replace(/\/?\d+$/, ''))
  }
  return (pid, tid) => `${processes.get(pid) ?? '?'}: ${threads.get(`${pid}/${tid}`) ?? '?'}`
}

function functionsOf(
  events: readonly TraceEvent[],
  from: number,
  to: number,
  names: (pid: number, tid: number) => string,
): Map<string, Thread['functions']> {
  const started = new Map<string, { thread: string; at: number; nodes: Map<number, string> }>()
  const selves = new Map<string, Map<string, number>>()
  for (const { name, id, pid, tid, args } of events) {
    const key = `${pid}/${id}`
    if (name === 'Profile') started.set(key, { thread: names(pid, tid), at: args.data?.startTime ?? 0, nodes: new Map() })
    const profile = started.get(key)
    if (name !== 'ProfileChunk' || !profile) continue
    const { cpuProfile, timeDeltas = [] } = args.data ?? {}
    for (const node of cpuProfile?.nodes ?? []) profile.nodes.set(node.id, node.callFrame.functionName || '(anonymous)')
    const self = selves.get(profile.thread) ?? new Map<string, number>()
    selves.set(profile.thread, self)
    cpuProfile?.samples?.forEach((node, i) => {
      profile.at += timeDeltas[i] ?? 0
      if (profile.at < from || profile.at > to) return
      const called = profile.nodes.get(node) ?? '?'
      self.set(called, (self.get(called) ?? 0) + (timeDeltas[i] ?? 0) / 1_000)
    })
  }
  return new Map(Array.from(selves, ([thread, self]) => [thread, longestFirst(self)]))
}

function longestFirst(self: ReadonlyMap<string, number>): Thread['functions'] {
  return Array.from(self, ([name, time]) => ({ name, self: time }))
    .filter(({ name }) => name !== '(idle)' && name !== '(root)')
    .sort((a, b) => b.self - a.self)
    .slice(0, MOST_FUNCTIONS)
}

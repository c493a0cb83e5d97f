import type { Body } from '../page/bodies.ts'
import type { Setup } from '../page/contender.ts'
import { RawStore, send } from './raw-store.ts'
import { reply } from './worker-call.ts'
import type { Call, Verbs } from './worker-call.ts'

let store: Promise<RawStore>
let endpoint: string
const kept: string[] = []

const verbs: Verbs = {
  open: async (setup: Setup) => {
    endpoint = setup.endpoint
    store = RawStore.open(setup.durability)
    const opened = await store
    if (!setup.isHeld) void opened.drain(endpoint)
  },
  add: async (body: Body) => (await store).add(body),
  addAll: async (bodies: readonly Body[]) => (await store).addAll(bodies),
  drain: async () => (await store).drain(endpoint),
  getAll: async () => (await store).getAll(),
  // For the loops that keep nothing.
  keep: async (bodies: readonly string[]) => void kept.push(...bodies),
  sendEach: async (to: string) => {
    for (const body of kept) await send(to, body)
  },
  sendAll: (to: string) => send(to, `[${kept.join()}]`),
}

addEventListener('message', ({ data }: MessageEvent<Call>) => void reply(verbs, data, globalThis as unknown as Worker))

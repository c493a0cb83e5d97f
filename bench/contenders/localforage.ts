import localforage from 'localforage'
import type { Body } from '../page/bodies.ts'
import type { Open } from '../page/contender.ts'
import { send } from './raw-store.ts'

/** It keeps values by name and knows no order: the names count. Numbers are the caller's, as no tab but this one is there. */
export const open: Open = async ({ endpoint, isHeld }) => {
  const store = localforage.createInstance({ name: 'bench', driver: localforage.INDEXEDDB })
  const nameOf = ({ n }: Body): string => String(n).padStart(12, '0')

  async function drain(): Promise<void> {
    for (const name of await store.keys()) {
      await send(endpoint, JSON.stringify(await store.getItem<Body>(name)))
      await store.removeItem(name)
    }
  }

  async function readBack(): Promise<Body[]> {
    const bodies: Body[] = []
    await store.iterate<Body, void>((body) => void bodies.push(body))
    return bodies
  }

  await store.ready()
  if (!isHeld) void drain()
  return { enqueue: (body) => store.setItem(nameOf(body), body), drain, readBack }
}

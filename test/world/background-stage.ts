import { afterEach, beforeEach } from 'vitest'
import type { Background } from '../../src/host/background.ts'
import { defineQueue } from '../../src/message/definition.ts'
import type { QueueDefinition } from '../../src/message/definition.ts'
import type { QueueOptions } from '../../src/message/options.ts'
import { openBackground } from './fake-scope.ts'
import type { FakeScope } from './fake-scope.ts'
import { World } from './world.ts'

export const endpoint = 'https://shop.example/orders'

export let world: World
export let scope: FakeScope
export let background: Background

/** Each test of the file gets a world with a service worker in it. */
export function useBackground(): void {
  beforeEach(() => {
    world = new World()
    ;({ scope, background } = openBackground(world.platform))
  })
  afterEach(async () => {
    await world.passUntil(background.close())
    await world.passUntil(world.end())
  })
}

export const define = (options: Omit<Partial<QueueOptions>, 'consumers'> = {}): QueueDefinition =>
  defineQueue(world.name, { endpoint, ...options })

/** Background Sync calls; settles as the browser sees it. */
export function sync(): Promise<unknown> {
  return scope.sync(`holdfast/${world.name}`)!
}

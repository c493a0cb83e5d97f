import { inject, test } from 'vitest'
import type { TestOptions } from 'vitest'
import type { Engine } from './find-browser.ts'

const UNTOLD = 'WebKitGTK has no driver that leaves its storage alone'

/** What not every engine has. */
export type Ability =
  | 'background-sync'
  | 'blocked-storage'
  | 'hung-worker'
  | 'kept-pages'
  | 'little-space'
  | 'offline-switch'
  | 'typing'
  | 'worker-without-page'

/** What each engine has not, or cannot be shown to have, and why. */
const LACKS: Record<Engine, { readonly [Of in Ability]?: string }> = {
  chromium: {},
  firefox: {
    'background-sync': 'there is no Background Sync in Firefox',
    'hung-worker': 'its driver makes no worker of Firefox hang',
    'kept-pages': 'Firefox keeps no page whose worker holds a Web Lock, nor one whose worker was ended while it held one',
    'little-space': 'nothing tells Firefox, while it runs, how little an origin may store',
  },
  webkit: {
    'background-sync': 'there is no Background Sync in WebKit',
    'blocked-storage': 'WebKitGTK has no setting that blocks the storage of sites',
    'little-space': 'nothing tells WebKitGTK how little an origin may store',
    'offline-switch': UNTOLD,
    typing: UNTOLD,
    'worker-without-page': 'WebKit ends a service worker with the last of its pages',
  },
}

/** Why the engine that is driven has it not; nothing where it has. */
export function lacks(ability: Ability): string | undefined {
  return LACKS[inject('driven').engine][ability]
}

/** A test of what not every engine has. In one that has it not it is skipped, and its name says why. */
export function testWith(ability: Ability, name: string, run: () => Promise<void>, options: TestOptions = {}): void {
  const reason = lacks(ability)
  if (reason === undefined) test(name, options, run)
  else test.skip(`${name} (${reason})`, options, run)
}

import type { HostApi } from '../protocol/host.ts'
import { createHost } from './host.ts'
import type { HostPage } from './host.ts'
import { realmPlatform } from './platform.ts'

/** Runs queues in the calling thread, for where there are no workers. */
export function hostInPlace(page: HostPage): HostApi {
  return createHost({ platform: realmPlatform(), page })
}

import { Vault } from '../src/consumer/vault.ts'
import type { Setup } from '../src/protocol/host.ts'

/** That of a queue without `encryption`. */
export const plainVault: Vault = new Vault({ queue: 'plain', setup: () => ({}) as Setup, functions: () => ({ encryption: undefined }) })

// IndexedDB in memory, in place of the worker's own, which the browser denies.
import 'fake-indexeddb/auto'
import { platformInMemory } from './host/in-memory.ts'
import { serveAny } from './host/serve.ts'

serveAny(platformInMemory())

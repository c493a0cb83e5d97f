// Loaded by a page whose queue has consumers, and by no other.
export { consumeOn } from './handler/consume.ts'
export { Pool } from './handler/pool.ts'

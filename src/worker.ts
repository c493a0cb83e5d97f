export { serve } from './host/serve.ts'
export { defineQueue } from './message/definition.ts'
export type * from './message/definition-types.ts'

export { serve } from './host/serve.ts'
export { defineQueue } from './message/definition.ts'
export type { QueueDefinition } from './message/definition.ts'
export type { HeadersFunction, HeadersLike, HeadersRequest, QueueOptions } from './message/options.ts'

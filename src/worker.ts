export { serve } from './host/serve.ts'
export { defineQueue } from './message/definition.ts'
export type { HeadersFunction, HeadersLike, HeadersRequest, QueueDefinition, QueueOptions } from './message/definition.ts'

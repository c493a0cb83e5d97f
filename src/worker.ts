export { serve } from './host/serve.ts'
export { defineQueue } from './message/definition.ts'
export type { QueueDefinition } from './message/definition.ts'
export type {
  Capacity,
  ClassifyFunction,
  HeadersFunction,
  HeadersLike,
  HeadersRequest,
  KeepReceipts,
  OnDuplicate,
  Order,
  QueueOptions,
  UpcastFunction,
  Verdict,
} from './message/options.ts'
export type { Answer, Backoff } from './message/message.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './message/schema.ts'

export { captureFailedRequests, enqueueRequest, serve, takeOverWorkbox } from './host/serve-background.ts'
export type { EnqueueOptions } from './message/enqueue-options.ts'
export type { CaptureOptions } from './host/capture.ts'
export type { TakenOver, TakeOverOptions } from './host/workbox.ts'
export { defineQueue } from './message/definition.ts'
export type { QueueDefinition } from './message/definition.ts'
export type {
  Capacity,
  HeadersFunction,
  HeadersLike,
  HeadersRequest,
  KeepReceipts,
  OnDuplicate,
  Order,
  QueueOptions,
} from './message/options.ts'
export type { Redirects } from './message/stored-request.ts'
export type { ClassifyFunction, UpcastFunction, Verdict } from './message/verdict.ts'
export type { Answer, Backoff } from './message/message.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './message/schema.ts'

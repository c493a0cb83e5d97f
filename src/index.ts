export { openQueue } from './producer/open-queue.ts'
export type { EnqueueOptions } from './message/enqueue-options.ts'
export type { OfGroup, Queue } from './producer/queue.ts'
export type { Receipt } from './producer/receipt.ts'
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
export type { OpenOptions } from './message/open-options.ts'
export type { Redirects, RequestLine } from './message/stored-request.ts'
export type { ClassifyFunction, UpcastFunction, Verdict } from './message/verdict.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './message/schema.ts'
export { isQueueError, QueueError } from './message/error.ts'
export type { QueueErrorCode } from './message/error.ts'
export type { QueueEvent } from './message/event.ts'
export type { RetryReason } from './message/retry-reason.ts'
export type {
  Answer,
  Backoff,
  Cancellation,
  DeadReason,
  Death,
  Depth,
  GroupDepth,
  KeptReceipt,
  PastAttempt,
  Standing,
  WaitingState,
} from './message/message.ts'
export type { DeadLetter, MessageOptions, WaitingMessage } from './message/reading.ts'
export type { MessageFilter } from './protocol/host.ts'

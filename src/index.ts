export { openQueue } from './producer/open-queue.ts'
export type { EnqueueOptions } from './message/enqueue-options.ts'
export type { RequestParts } from './message/request-parts.ts'
export type { Enqueues } from './producer/enqueues.ts'
export type { OfGroup, Queue } from './producer/queue.ts'
export type { BatchReceipt } from './producer/batch-receipt.ts'
export type { BatchProgress } from './producer/tally.ts'
export type { EnqueueAllOptions } from './producer/enqueue-all.ts'
export type { Receipt } from './producer/receipt.ts'
export { defineQueue } from './message/definition.ts'
export type * from './message/definition-types.ts'
export type { OpenOptions } from './message/open-options.ts'
export type { RequestLine } from './message/stored-request.ts'
export { ack } from './message/ack.ts'
export type { Ack, Following, FollowOn } from './message/ack.ts'
export type { Scheduled, ScheduleOptions, Timing } from './message/schedule.ts'
export { Reject, Retry } from './message/handling.ts'
export type { ConsumeOptions, Consumer, Handler, LeasedMessage, PoolOptions } from './message/handling.ts'
export { isQueueError, QueueError } from './message/error.ts'
export type { QueueErrorCode } from './message/error.ts'
export type { QueueEvent } from './message/event.ts'
export type { RetryReason } from './message/retry-reason.ts'
export type {
  Cancellation,
  DeadReason,
  Death,
  Depth,
  GroupDepth,
  KeptReceipt,
  PastAttempt,
  RefusedAnswer,
  Standing,
  WaitingState,
} from './message/message.ts'
export type { DeadLetter, MessageOptions, WaitingMessage } from './message/reading.ts'
export type { MessageFilter } from './protocol/host.ts'

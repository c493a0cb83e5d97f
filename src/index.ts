export { openQueue } from './producer/open-queue.ts'
export type { EnqueueOptions, Queue } from './producer/queue.ts'
export type { Receipt } from './producer/receipt.ts'
export { defineQueue } from './message/definition.ts'
export type {
  HeadersFunction,
  HeadersLike,
  HeadersRequest,
  OpenOptions,
  Order,
  QueueDefinition,
  QueueOptions,
} from './message/definition.ts'
export { isQueueError, QueueError } from './message/error.ts'
export type { QueueErrorCode } from './message/error.ts'
export type { QueueEvent, RetryReason } from './message/event.ts'
export type { Answer, DeadLetter, DeadReason, Death, Depth, WaitingMessage } from './message/message.ts'

/** The types in which a definition is written: every door with `defineQueue` has them. */
export type { QueueDefinition } from './definition.ts'
export type { HeadersFunction, HeadersLike, HeadersRequest } from './headers.ts'
export type { Answer, Backoff } from './message.ts'
export type { Capacity, KeepDeadLetters, KeepReceipts, OnDuplicate, Order, QueueEnd, QueueOptions, Rate } from './options.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './schema.ts'
export type { Redirects } from './stored-request.ts'
export type { ClassifyFunction, UpcastFunction, Verdict } from './verdict.ts'

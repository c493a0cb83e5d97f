import { checkOptions, oneOf, wrongOption } from '../message/checks.ts'
import { groupCheck, groupIn } from '../message/option-checks.ts'
import type { Order } from '../message/options.ts'
import type { MessageFilter } from '../protocol/host.ts'
import type { OfGroup } from './queue.ts'

/** The group that is meant; nothing for the whole queue, and never the whole queue by mistake. */
export function groupOf(of: unknown, order: Order): string | undefined {
  if (of === undefined) return undefined
  checkOptions<OfGroup>(of, { group: groupCheck })
  return groupIn(order, of.group)
}

export function checkFilter(filter: unknown, order: Order): asserts filter is MessageFilter {
  checkOptions<MessageFilter>(filter, { state: oneOf('delayed', 'ready', 'leased'), group: groupCheck })
  if (filter.group !== undefined) groupIn(order, filter.group)
}

export function checkSince(filter: unknown): asserts filter is { readonly since?: number } {
  checkOptions(filter, { since: { expected: 'a time in milliseconds since the epoch', passes: Number.isFinite } })
}

export function checkAbort(options: unknown): asserts options is { readonly abort?: boolean } {
  checkOptions(options, { abort: oneOf(true, false) })
}

export function checkId(id: unknown): asserts id is string {
  if (typeof id !== 'string' || id === '') throw wrongOption('id', 'the id of a message', id)
}

/** Ids as they were given: an iterable of strings, and not one string by mistake. */
export function listOf(ids: Iterable<string> | undefined): string[] | undefined {
  if (ids === undefined) return undefined
  const list = typeof ids === 'object' && ids !== null && Symbol.iterator in ids ? [...ids] : undefined
  if (list?.every((id) => typeof id === 'string')) return list
  throw wrongOption('ids', 'an iterable of ids', ids)
}

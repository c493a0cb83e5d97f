import type { Death, KeptReceipt, PlacedMessage } from '../message/message.ts'
import type { KeepReceipts } from '../message/limits.ts'
import type { Head, LeadersHead, Tail } from './meta.ts'
import type { Change, GroupRow } from './schema.ts'

/** What the leader wants written: where the head is now, and what became of the messages that it has passed. */
export interface Settlement {
  /** With the leader's own epoch. */
  readonly head: LeadersHead
  /** Now, in queue time. */
  readonly now: number
  /** Whether all messages are one group: where that is stopped, nothing is leased. */
  readonly isOneGroup: boolean
  /**
   * What is under way, of the inbox and of groups that are behind: where the queue is paused, only that stays reserved. Absent where more of what is reserved may begin before
   * this is written: then all of that stays so.
   */
  readonly underWay: { readonly sequences: readonly number[]; readonly groups: readonly string[] } | undefined
  /** Inbox records of which every message is done with. */
  readonly exhausted: readonly number[]
  /** Messages that died. */
  readonly dead: readonly Buried[]
  /** Groups that are behind, and groups that have caught up. */
  readonly rows: ReadonlyMap<string, GroupRow | undefined>
  /** Messages to park, by group. */
  readonly parked: readonly { readonly group: string; readonly messages: readonly PlacedMessage[] }[]
  /** Keys of parked records of which every message is settled. */
  readonly unparked: readonly (readonly [string, number])[]
  /** What is being reserved, and was not before. */
  readonly candidates: readonly Candidate[]
  /** Numbers of messages that have left the queue. */
  readonly passed: readonly number[]
  /** Numbers of messages that went out with others, in one request: their bytes stay as they are. */
  readonly sent: readonly number[]
  /** Numbers of messages that did, and are held: with what came of that. */
  readonly answered: readonly number[]
  /** Changes that the leader makes itself. */
  readonly changes: readonly Change[]
  /** Messages with a dedup key that have left the queue, and until when that is remembered. */
  readonly freed: readonly { readonly message: PlacedMessage; readonly until: number | undefined }[]
  /** Messages with large bodies that have left the queue. */
  readonly emptied: readonly PlacedMessage[]
  readonly receipts: readonly KeptReceipt[]
  readonly keep: KeepReceipts | undefined
}

/** A message that died, and the group that it halts, if it does. */
export interface Buried {
  readonly message: PlacedMessage
  readonly death: Death
  readonly stopped?: string
}

/** A message that is to be reserved, and its group as the leader knows it. */
export interface Candidate {
  readonly sequence: number
  readonly group: string
}

/** What the store says to a settlement. */
export interface Settled {
  readonly head: Head
  readonly tail: Tail
  /** Whether nothing new is leased: the queue is paused, or, where it is one group, stopped. */
  readonly isPaused: boolean
  /** What was done to the messages that are reserved now, by their number. */
  readonly changes: ReadonlyMap<number, Change>
  /** Groups of which nothing may be sent, among those of the messages that are reserved now. */
  readonly stopped: ReadonlySet<string>
  /** Whether a group is due sooner than the leader has thought. */
  readonly isAnySooner: boolean
}

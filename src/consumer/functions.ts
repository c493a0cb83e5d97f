import type { Answer } from '../message/message.ts'
import type { Verdict } from '../message/verdict.ts'
import type { Encryption } from '../message/encryption.ts'
import type { HeaderEntries, Setup, Upcast } from '../protocol/host.ts'

/** Where the user's functions are asked, under the options of the moment. */
export type FunctionsSource = (setup: Setup) => Functions

/** The user's functions, wherever they run. Each rejects where it throws, is late, or cannot be reached. */
export interface Functions {
  readonly headers: HeadersSource
  /** Absent where there is none: the table says what an answer means. */
  readonly classify: ((answer: Answer) => Promise<Verdict | undefined>) | undefined
  /** Absent where there is none, nor a schema: bodies are sent as they were enqueued. */
  readonly upcast: ((body: string, version: number) => Promise<Upcast>) | undefined
  /** Absent where there is none: bodies are stored as they are. */
  readonly encryption: (() => Promise<Encryption>) | undefined
}

/** Where the headers of requests come from. */
export interface HeadersSource {
  /** Whether asking again, after a 401, can give others. */
  readonly canRefresh: boolean
  ask(unauthorized: boolean): Promise<HeaderEntries>
}

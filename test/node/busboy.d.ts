/** As much of busboy as the tests use: it brings no types along. */
declare module 'busboy' {
  import type { Readable, Writable } from 'node:stream'

  interface Options {
    readonly headers: Readonly<Record<string, string>>
    readonly preservePath: boolean
    readonly defParamCharset: string
  }

  interface FileInfo {
    readonly filename: string | undefined
    readonly mimeType: string
  }

  interface Busboy extends Writable {
    on(event: 'field', listener: (name: string | undefined, value: string) => void): this
    on(event: 'file', listener: (name: string | undefined, file: Readable, info: FileInfo) => void): this
    on(event: string, listener: (...args: unknown[]) => void): this
  }

  export default function busboy(options: Options): Busboy
}

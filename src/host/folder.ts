import type { Folder } from '../consumer/bodies.ts'
import { databaseName } from '../protocol/names.ts'

/** The folder of a queue in the origin's private file system, where what is being sent lies as long as that takes: whoever leads has it to itself. */
export function folderOf(directory: (() => Promise<FileSystemDirectoryHandle>) | undefined, key: string): Folder {
  // A slash is no part of a name there.
  const name = encodeURIComponent(databaseName(key))
  return {
    async get(make) {
      const root = await directory?.()
      return root?.getDirectoryHandle(name, { create: make })
    },
    async clear() {
      const root = await directory?.()
      await root?.removeEntry(name, { recursive: true })
    },
  }
}

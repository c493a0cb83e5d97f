/** As much of the origin's private file system as hosts use, since Node has none. */
export class FakeDirectory {
  /** What lies in there, by name; in folders of one level. */
  readonly files: Map<string, Blob> = new Map()
  /** How many files were ever written. */
  written = 0

  /** This as a platform gives it. */
  readonly open = async (): Promise<FileSystemDirectoryHandle> =>
    ({
      getDirectoryHandle: async () => this.#folder,
      removeEntry: async () => this.files.clear(),
    }) as unknown as FileSystemDirectoryHandle

  get #folder(): unknown {
    return {
      getFileHandle: async (name: string) => ({
        createWritable: async () => {
          const parts: Uint8Array<ArrayBuffer>[] = []
          return {
            write: async (bytes: Uint8Array<ArrayBuffer>) => void parts.push(bytes),
            close: async () => {
              this.written += 1
              this.files.set(name, new Blob(parts))
            },
          }
        },
        getFile: async () => this.files.get(name),
      }),
      removeEntry: async (name: string) => void this.files.delete(name),
    }
  }
}

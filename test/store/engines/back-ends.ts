import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { BrowserProvider } from 'vitest/node'

/** What an engine keeps IndexedDB in. */
export type BackEnd = 'leveldb' | 'sqlite'

/** A provider whose browser keeps what it stores in a folder. */
export interface HasProfile extends BrowserProvider {
  readonly profile: string | undefined
}

declare module 'vitest' {
  interface ProvidedContext {
    backEnd: BackEnd
  }
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    /** Which back ends keep the databases of the tests' origin, going by what is in the browser's profile. */
    backEnds: () => Promise<BackEnd[]>
  }
}

/** Chromium, Firefox and WebKitGTK each have a folder for the origin within one of these names; the rest is their own business. */
const DATABASES = /(^|\/)(indexeddb|storage\/default)\/.*127\.0\.0\.1/i

export async function backEnds({ provider }: { provider: BrowserProvider }): Promise<BackEnd[]> {
  const { profile } = provider as HasProfile
  if (profile === undefined) return []
  const files = (await readdir(profile, { recursive: true })).map((file) => file.split(path.sep).join('/'))
  const found = await Promise.all(files.filter((file) => DATABASES.test(file)).map((file) => backEndOf(path.join(profile, file))))
  return [...new Set(found)].filter((backEnd) => backEnd !== undefined)
}

async function backEndOf(file: string): Promise<BackEnd | undefined> {
  if (path.basename(file) === 'CURRENT' && file.includes('.leveldb')) return 'leveldb'
  return (await beginning(file)) === 'SQLite format 3\0' ? 'sqlite' : undefined
}

/** The first 16 bytes of a file; none of a folder, or of a file that was deleted meanwhile. */
async function beginning(file: string): Promise<string> {
  try {
    const chunks = await createReadStream(file, { encoding: 'latin1', end: 15 }).toArray()
    return chunks.join('')
  } catch {
    return ''
  }
}

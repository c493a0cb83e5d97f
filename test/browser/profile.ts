import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const profiles = new Set<string>()
// A run that is ended in the middle leaves none behind. What its browser still writes may make this fail, which is nobody's loss.
process.on('exit', () => profiles.forEach((profile) => rmSync(profile, { recursive: true, force: true, maxRetries: 5 })))

/** A new folder for all that a browser keeps. */
export async function createProfile(engine: string): Promise<string> {
  const profile = await mkdtemp(path.join(tmpdir(), `holdfast-${engine}-`))
  profiles.add(profile)
  return profile
}

/** Removes it when the browser has been closed. Processes of the browser may end just after it, and still be writing. */
export async function removeProfile(profile: string): Promise<void> {
  await rm(profile, { recursive: true, force: true, maxRetries: 10 })
  profiles.delete(profile)
}

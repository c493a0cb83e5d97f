import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Plugin } from 'vite'

/** What makes up the page. */
export interface Shell {
  /** Changes with any of the files. */
  readonly version: string
  readonly files: readonly string[]
}

/**
 * Tells the service worker which files make up the page, once they are all written: among them the file of the queue's worker, whose name
 * nothing in the page knows beforehand.
 */
export function shellList(serviceWorker: string): Plugin {
  return {
    name: 'shell-list',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile() && entry.name !== serviceWorker && !entry.name.endsWith('.map'))
      const paths = files.map(({ parentPath, name }) => relative(dir, join(parentPath, name))).toSorted()
      const shell: Shell = { version: await versionOf(dir, paths), files: paths.map(urlOf) }
      const file = join(dir, serviceWorker)
      await writeFile(file, `const SHELL=${JSON.stringify(shell)};\n${await readFile(file, 'utf8')}`)
    },
  }
}

/** The page itself is asked for as "/". */
function urlOf(path: string): string {
  return `/${path.split(sep).join('/')}`.replace(/\/index\.html$/, '/')
}

async function versionOf(dir: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path).update(await readFile(join(dir, path)))
  return hash.digest('hex').slice(0, 12)
}

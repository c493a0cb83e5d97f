import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

const HEADERS = {
  // All that a page with Holdfast needs: its worker is a file of the same origin.
  'content-security-policy': "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

/**
 * Serves the files that are in a directory now. A request is looked up among them and never becomes a path.
 *
 * @param {string} directory
 */
export async function staticFiles(directory) {
  const files = await filesIn(directory)
  if (!files.has('/index.html')) throw new Error(`Expected the built page in ${directory}: run \`npm run build:demo\` first`)

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  return async function serveFile(request, response) {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = files.get(pathname.endsWith('/') ? `${pathname}index.html` : pathname)
    if (!file) return void response.writeHead(404, HEADERS).end()
    response.writeHead(200, {
      ...HEADERS,
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      // What is in assets/ has a hash in its name; all else must be asked for again, the service worker above all.
      'cache-control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    response.end(request.method === 'HEAD' ? undefined : await readFile(file))
  }
}

/**
 * @param {string} directory
 * @returns {Promise<Map<string, string>>} paths as they are asked for, and as they are on disk
 */
async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [`/${relative(directory, path).split(sep).join('/')}`, path]))
}

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { EXAMPLES } from './list.ts'
import type { Example } from './list.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** Every page of every example, as entries of the build. */
export async function examplePages(): Promise<Record<string, string>> {
  const folders = await Promise.all(EXAMPLES.map(({ folder }) => pagesIn(folder)))
  return Object.fromEntries(folders.flat())
}

async function pagesIn(folder: string): Promise<[string, string][]> {
  const files = await readdir(path.join(FOLDER, folder))
  const pages = files.filter((file) => file.endsWith('.html'))
  return pages.map((page) => [`${folder}-${path.parse(page).name}`, path.join(FOLDER, folder, page)])
}

/**
 * Fills in what pages have in common, where they say so in a comment:
 *
 * - `<!-- examples: head -->` what stands in the head of each example;
 * - `<!-- examples: header -->` the way back to the demo, and to the other examples;
 * - `<!-- examples: crew -->` the workers of a pool, for a `Crew` to show;
 * - `<!-- examples: code work.ts -->` a file from beside the page, as it is now: what is shown is what runs;
 * - `<!-- examples: list -->` all of them, for the front page.
 */
export function examples(): Plugin {
  return {
    name: 'examples',
    transformIndexHtml: {
      // Before Vite looks for what the page links to.
      order: 'pre',
      handler: (html, { filename }) => fillIn(html, path.dirname(filename)),
    },
  }
}

async function fillIn(html: string, folder: string): Promise<string> {
  const parts = html.split(/<!-- examples: (.*?) -->/)
  const filled = await Promise.all(parts.map(async (part, index) => (index % 2 === 0 ? part : contentOf(part, folder))))
  return filled.join('')
}

async function contentOf(asked: string, folder: string): Promise<string> {
  const [what = '', file = ''] = asked.split(' ')
  switch (what) {
    case 'head':
    case 'header':
    case 'crew':
      return (await readFile(path.join(FOLDER, `frame/${what}.html`), 'utf8')).replace('<!-- links -->', links(path.basename(folder)))
    case 'code':
      return code(file, await readFile(path.join(folder, file), 'utf8'))
    case 'list':
      return `<ul>${EXAMPLES.map(card).join('')}</ul>`
    default:
      throw new Error(`Expected head, header, crew, code or list, got ${asked}`)
  }
}

function links(current: string): string {
  return EXAMPLES.map(({ folder, use }) => {
    const isCurrent = folder === current ? ' aria-current="page"' : ''
    return `<li><a href="/examples/${folder}/"${isCurrent}>${use}</a></li>`
  }).join('')
}

function card({ folder, number, use, about }: Example): string {
  return `<li><a href="/examples/${folder}/"><i aria-hidden="true">${number}</i><b>${use}</b><span>${about}</span></a></li>`
}

function code(file: string, text: string): string {
  const name = escape(file)
  // A box that scrolls must be reached from the keyboard.
  const box = `<pre tabindex="0" role="region" aria-label="${name}"><code>${escape(text.trim())}</code></pre>`
  return `<figure class="source"><figcaption>${name}</figcaption>${box}</figure>`
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

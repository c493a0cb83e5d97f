import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { UserConfig } from 'vite'
import { examplePages, examples } from './examples/pages.ts'
import { shellList } from './shell-list.ts'

const SERVICE_WORKER = 'service-worker.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const config: UserConfig = defineConfig({
  root: path('.'),
  // The package as it is published. It finds its worker beside its own file, and the build takes that along.
  resolve: {
    alias: [
      { find: /^holdfast$/, replacement: path('../dist/index.js') },
      { find: /^holdfast\/(.+)$/, replacement: path('../dist/$1.js') },
    ],
  },
  // Workers of the examples share what they import.
  worker: { format: 'es' },
  build: {
    outDir: path('dist'),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    // Everything is a file of its own: the server's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: path('index.html'), 'service-worker': path('src/service-worker.ts'), ...(await examplePages()) },
      output: {
        // A service worker's reach is its folder, and its name must stay the same.
        entryFileNames: ({ name }) => (name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  plugins: [examples(), shellList(SERVICE_WORKER)],
})

export default config

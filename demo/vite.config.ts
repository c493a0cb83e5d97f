import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { UserConfig } from 'vite'
import { shellList } from './shell-list.ts'

const SERVICE_WORKER = 'service-worker.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const config: UserConfig = defineConfig({
  root: path('.'),
  // The package as it is published. It finds its worker beside its own file, and the build takes that along.
  resolve: { alias: { holdfast: path('../dist/index.js') } },
  build: {
    outDir: path('dist'),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    // Everything is a file of its own: the server's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: path('index.html'), 'service-worker': path('src/service-worker.ts') },
      output: {
        // A service worker's reach is its folder, and its name must stay the same.
        entryFileNames: ({ name }) => (name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  plugins: [shellList(SERVICE_WORKER)],
})

export default config

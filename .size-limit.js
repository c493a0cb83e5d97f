/** What each door costs, minified and gzipped, with its dependencies. A limit is raised with a reason, in the commit that raises it. */
const esm = (/** @type {object} */ config) => ({ ...config, format: 'esm' })

const door = (/** @type {string} */ name, /** @type {string} */ path, /** @type {string} */ limit) => ({
  name,
  path,
  limit,
  gzip: true,
  ignore: ['./in-place.js', './handling.js', 'croner', './auto-worker-text.js', './memory-worker-text.js'],
  modifyEsbuildConfig: esm,
})

export default [
  door('holdfast, in the page', 'dist/index.js', '23.3 kB'),
  door('holdfast/consumer', 'dist/consumer.js', '8.1 kB'),
  door('holdfast/worker, with your own queues', 'dist/worker.js', '51.3 kB'),
  door('holdfast/service-worker', 'dist/service-worker.js', '54.3 kB'),
  door('holdfast/outbox', 'dist/outbox.js', '6.6 kB'),
  door('holdfast/form', 'dist/form.js', '5.7 kB'),
  door('holdfast/receiver', 'dist/receiver.js', '3.8 kB'),
  // Only where the browser blocks storage and the user allows memory in its place.
  { name: 'the worker that keeps messages in memory, as text', path: 'dist/memory-worker-text.js', limit: '64.4 kB', gzip: true },
  // As it is shipped: no bundler touches it.
  { name: 'holdfast/auto-worker', path: 'dist/auto-worker.js', limit: '48.6 kB', gzip: true },
]

import { consume, defineQueue } from '../../dist/consumer.js'

consume(defineQueue<number>('work', { consumers: true, order: 'none' }), ({ body: busy }) => {
  for (const end = performance.now() + busy; performance.now() < end;) Math.random()
})

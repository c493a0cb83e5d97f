/** Why a goal is not reached: written by hand after a look at the profile, and printed only where it is not. */
export const REASONS: Readonly<Record<string, string>> = {
  burst:
    'one call carries 1 MB at most, and what arrives while a transaction is under way shares the next; beside storing, each message costs the page its `JSON.stringify`, and page and other tabs the word that it was stored',
  'one-by-one-strict':
    'the call crosses to the worker and back, and its transaction reads a row and writes two where raw idb writes one; against raw idb in a worker see the table',
  'one-by-one-relaxed':
    'the call crosses to the worker and back, and its transaction reads a row and writes two where raw idb writes one; without the flush that is most of the cost',
  'one-by-one-peers':
    'the fastest of the peers store one record in the page’s own thread, without a number that other tabs share and without a flush',
  drain:
    'beside its request, each message costs an eighth of a transaction and of a telling, and its records are read and deleted; they share two cores with the browser’s network and storage processes, and with the server',
  block: 'within what an idle page shows on this machine, or a burst’s answers arriving at once: ten thousand promises resolve in one turn',
  'open-durable': 'the first transaction of a large database reads more of its files, as raw idb’s does',
  'open-first': 'the first read of a large database opens more of its files, as raw idb’s does',
  'open-twice':
    'a worker of 50 kB is loaded and says that it is ready, then the queue is opened, then the message crosses: three trips before the first transaction; raw idb makes one',
  'open-groups-durable':
    'the first transaction of a large database reads more of its files: a hundred thousand rows, their index and their messages are 200 MB',
  'open-groups-first': 'the same; then the index of groups is asked, and the message that was just enqueued is read, before it goes',
  memory: '',
  'bytes-page':
    'forms of every verb, receipts, and Comlink with its proxies; a language of its own between page and worker would save most of Comlink’s 2 kB',
  'bytes-worker':
    'Comlink and idb are 3 kB; the rest is even: groups and their turns, what heals the storage and sets aside what cannot be read, retries, and the answer table have some hundred bytes a file',
}

/** What stands in the way of the next step, now. */
export const NEXT_LIMIT = `- **Burst**: IndexedDB's own cost of cloning and writing 56 kB records. One call for a whole burst, and no work for each message in the
  worker but its place in an array, leave that and the page's \`JSON.stringify\`.
- **One by one**: three trips, page to worker, worker to storage, and back; a strict commit waits for the disk. Nothing but leaving out a trip helps.
- **Drain**: the trip to the server and back. What overlaps with it is free only while a core is. Messages that were enqueued one by one are a record each, and
  each is read in a transaction of its own: one for sixteen is the next step there.
- **Batches**: after the answer each message has a turn of its own, as if it had gone alone, which costs the worker a tenth of a millisecond.
- **Open**: loading the worker. What it does before its first transaction is what can be saved.`

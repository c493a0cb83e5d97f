/** What the platform does in its own time, whatever a test's clock shows: ciphers and digests, bytes that are read or compressed. */
let underWay = 0

/** Whether any of that is under way: no time passes meanwhile, or an attempt would be over before what it is to send is there. */
export const isWorking = (): boolean => underWay > 0

function watch<Verb extends string>(prototype: Record<Verb, (...given: never[]) => Promise<unknown>>, ...verbs: readonly Verb[]): void {
  for (const verb of verbs) {
    const work = prototype[verb]
    prototype[verb] = async function (this: unknown, ...given: never[]) {
      underWay += 1
      try {
        return await work.apply(this as never, given)
      } finally {
        underWay -= 1
      }
    }
  }
}

watch(SubtleCrypto.prototype as never, 'encrypt', 'decrypt', 'digest')
watch(Blob.prototype as never, 'arrayBuffer')
watch(Response.prototype as never, 'arrayBuffer', 'blob')

/** Random numbers from 0 up to 1 that a seed foretells (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of some things. */
export function oneOf<Thing>(random: () => number, things: readonly Thing[]): Thing {
  return things[Math.floor(random() * things.length)]!
}

/** One of some things, each as likely as it is heavy. */
export function pick<Thing>(random: () => number, things: readonly (readonly [weight: number, thing: Thing])[]): Thing {
  let left = random() * things.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, thing] of things) {
    left -= weight
    if (left < 0) return thing
  }
  throw new Error('There is nothing to pick from')
}

/** A corpus that is the same on each device, and each time: letters of lighthouse keepers, made of lists of words by a generator with a seed. */

/** How many chunks the corpus is cut into, however many letters it has. */
export const CHUNKS = 200

/** How many sentences a letter has. */
const SENTENCES = 60

export interface Letter {
  readonly title: string
  readonly text: string
}

type Pick = <T>(from: readonly T[]) => T

const list = (words: string): readonly string[] => words.split(' ')

const FIRST = list('Ar Bel Cor Dun Eld Fen Gar Hol Inver Jor Kil Lor Mar Nor Or Pen Quen Ros Skar Tor Ul Var Wen Yar')
const MIDDLE = list('a be de e i la lo ma na o ra ri se ta ve')
const LAST = list('beck bourne dale fell ford gate holm keld mere moor ness port rick stead stone thorpe wick worth')
const PLACES = list('harbour cliff jetty island channel lantern gallery tower cellar boathouse reef sandbank bay headland quay cove')
const PEOPLE = list('keeper pilot captain fisherman inspector carpenter doctor sailor stranger boatman widow smuggler clerk engineer')
const THINGS = list('lamp rope barrel ledger lens compass letter sail anchor bell net oar kettle telescope clock candle chest map')
const QUALITIES = list('grey quiet broken heavy narrow patient restless salted bright crooked distant weathered hollow steady pale sudden')
const DEEDS = list('mended carried watched borrowed painted counted hid raised lowered polished forgot found buried weighed lit followed')
const WEATHER = list('fog gale drizzle thunder frost calm swell hail moonlight rain sunshine snow')
const TIMES = list('dawn dusk noon midnight Monday Thursday winter spring autumn Easter')

const SENTENCE_FORMS: readonly ((pick: Pick, name: string) => string)[] = [
  (pick) => `At ${pick(TIMES)} the ${pick(PEOPLE)} ${pick(DEEDS)} the ${pick(QUALITIES)} ${pick(THINGS)} by the ${pick(PLACES)}.`,
  (pick, name) => `There was ${pick(WEATHER)} over ${name}, and nobody ${pick(DEEDS)} the ${pick(THINGS)}.`,
  (pick) => `A ${pick(QUALITIES)} ${pick(PEOPLE)} came through the ${pick(WEATHER)} from the ${pick(PLACES)}.`,
  (pick) => `Since ${pick(TIMES)} we have had ${pick(WEATHER)}, ${pick(WEATHER)} and a ${pick(QUALITIES)} ${pick(THINGS)}.`,
  (pick) => `The ${pick(PEOPLE)} says that the ${pick(PEOPLE)} ${pick(DEEDS)} a ${pick(THINGS)} in the ${pick(PLACES)}.`,
]

export function letter(number: number): Letter {
  const random = generator(number + 1)
  const pick: Pick = (from) => from[Math.floor(random() * from.length)]!
  const name = pick(FIRST) + pick(MIDDLE) + pick(LAST)
  const sentences = Array.from({ length: SENTENCES }, () => pick(SENTENCE_FORMS)(pick, name))
  return { title: `Letter ${number + 1}, from ${name}`, text: sentences.join(' ') }
}

/** Its words, as they are looked for. */
export function wordsOf({ title, text }: Letter): readonly string[] {
  return `${title} ${text}`.toLowerCase().match(/\p{L}+/gu) ?? []
}

/** Mulberry32, by Tommy Ettinger: numbers from 0 to 1 that look like chance, and are the same for the same seed. */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What fills the form, so that ten orders are ten presses of Enter. */
export interface Suggestion {
  readonly name: string
  readonly street: string
  readonly district: string
  readonly product: string
  readonly quantity: number
  readonly slot: string
  readonly note: string
}

const suggestions: readonly Suggestion[] = [
  { name: 'Maeve Quill', street: 'Ropewalk 14', district: 'Old Harbour', product: 'bread-rye', quantity: 1, slot: '07:00', note: '' },
  {
    name: '小鳥遊 彩花',
    street: 'Oyster Stairs 3',
    district: 'Kelp Quay',
    product: 'tea',
    quantity: 2,
    slot: '08:00',
    note: '置き配でお願いします 🙇',
  },
  { name: 'João Magalhães', street: 'Tidemill Road 88', district: 'Saltmarsh', product: 'coffee', quantity: 1, slot: '07:00', note: '' },
  {
    name: 'ليلى الحداد',
    street: 'Compass Close 21',
    district: 'Lantern Hill',
    product: 'eggs',
    quantity: 1,
    slot: '09:00',
    note: 'الرجاء الاتصال قبل الوصول.',
  },
  {
    name: 'Łukasz Wróbel',
    street: 'Windlass Street 7',
    district: 'Northgate',
    product: 'rolls-seeded',
    quantity: 12,
    slot: '06:00',
    note: '',
  },
  {
    name: 'Adébáyọ̀ Akíntọ́lá',
    street: 'Pilot Street 40',
    district: 'Anchor Row',
    product: 'soup',
    quantity: 3,
    slot: '11:00',
    note: 'Ring twice, the bell sticks.',
  },
  {
    name: 'Éloïse Guérin',
    street: 'Mussel Lane 5',
    district: 'Old Harbour',
    product: 'croissant',
    quantity: 6,
    slot: '07:00',
    note: 'Laissez devant la porte, merci 🥐',
  },
  {
    name: 'अनन्या जोशी',
    street: 'Cormorant Avenue 16',
    district: 'Lantern Hill',
    product: 'milk-whole',
    quantity: 4,
    slot: '06:00',
    note: '',
  },
  { name: 'Светлана Черных', street: 'Ballast Wharf 2', district: 'Kelp Quay', product: 'salmon', quantity: 1, slot: '10:00', note: '' },
  {
    name: 'Sixten Öberg',
    street: 'Bell Buoy Road 31',
    district: 'Saltmarsh',
    product: 'potatoes',
    quantity: 5,
    slot: '12:00',
    note: 'Portkod finns hos grannen.',
  },
]

/** Who orders, in turn. Most come back soon: their next order is to wait for the one before. */
const TURNS = [0, 1, 0, 2, 1, 3, 2, 4, 0, 5, 3, 6, 4, 7, 8, 9]

export const customers: readonly string[] = suggestions.map(({ name }) => name)

/** They begin again after the last. */
export function suggestionAt(index: number): Suggestion {
  const customer = suggestions[TURNS[index % TURNS.length] ?? 0]
  const goods = suggestions[index % suggestions.length]
  if (!customer || !goods) throw new RangeError(`Expected \`index\` to be a whole number from 0, got ${index}`)
  return { ...customer, product: goods.product, quantity: goods.quantity }
}

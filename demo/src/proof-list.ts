import type { DeadLetter } from 'holdfast'
import { first } from './groups-glance.ts'
import { keepLooking } from './keep-looking.ts'
import { proofs, REMEMBERED } from './orders.ts'
import { count, find, timeOf } from './page.ts'
import { drawPicture } from './picture.ts'
import { isProofConfirmation, photographOf } from './proof.ts'
import type { ProofConfirmation } from './proof.ts'
import { fillPart, showMore, showRows } from './rows.ts'
import type { RowKind } from './rows.ts'
import { watchUnderWay } from './under-way.ts'

/** How many are shown: each is read from the disk once, to be drawn. */
const MOST = 6

type State = 'stored' | 'under-way' | 'delivered' | 'refused'

/** A proof of delivery, and how it stands. */
interface Handed {
  readonly id: string
  readonly state: State
  readonly detail: string
  /** What the server has said, once it was delivered. */
  readonly confirmed?: ProofConfirmation
}

/** What there is of it to be seen. */
interface Contents {
  readonly order: string
  readonly photo: Blob | undefined
}

/** Shows what was handed in on this device, and how each stands: read from the queue, so that it is right after a reload, and in a second tab. */
export function watchProofs(failed: (error: unknown) => void): void {
  const sending = watchUnderWay(proofs)
  keepLooking(
    proofs,
    async () => {
      const handed = await readHanded(sending)
      const { ready, leased, dead } = await proofs.depth()
      const delivered = handed.filter(({ state }) => state === 'delivered').length
      showRows(find('proof-rows', HTMLUListElement), handed.slice(0, MOST), proofRow)
      showMore(find('proofs', HTMLElement), ready + leased + dead + delivered, Math.min(handed.length, MOST))
    },
    failed,
  )
}

/** Those first that want something of the driver. */
async function readHanded(sending: ReadonlyMap<string, number>): Promise<readonly Handed[]> {
  const waiting = (await first(proofs.messages(), MOST)).map(({ id, state }): Handed =>
    state === 'leased' && sending.has(id)
      ? { id, state: 'under-way', detail: howFar(sending.get(id)) }
      : { id, state: 'stored', detail: 'Stored, and waits' },
  )
  const dead = (await first(proofs.deadLetters(), MOST)).map((letter): Handed => ({
    id: letter.id,
    state: 'refused',
    detail: whyDead(letter),
  }))
  // Last, so that what is delivered while this looks is not missed.
  const delivered: Handed[] = []
  for await (const { id, answer, settledAt } of proofs.receipts({ since: Date.now() - REMEMBERED })) {
    const confirmed = answer?.body
    // What was cancelled has no answer.
    if (!isProofConfirmation(confirmed)) continue
    delivered.push({ id, state: 'delivered', detail: `Delivered as no. ${count(confirmed.proof)}, ${timeOf(settledAt)}`, confirmed })
  }
  const settled = new Set([...dead, ...delivered].map(({ id }) => id))
  return [...dead, ...waiting.filter(({ id }) => !settled.has(id)), ...delivered.toReversed()]
}

/** A small photograph is told nothing of. */
function howFar(progress = 0): string {
  if (progress === 0) return 'Under way'
  return progress < 1 ? `Under way: ${Math.floor(progress * 100)} %` : 'Under way: sent, and not answered yet'
}

function whyDead({ reason, status }: DeadLetter<unknown>): string {
  return reason === 'rejected' ? `Refused (${status}): look at the form` : 'Not delivered: look at the form'
}

const proofRow: RowKind<Handed> = {
  template: 'proof-row',
  keyOf: ({ id }) => id,
  fill(row, handed) {
    row.dataset['state'] = handed.state
    fillPart(row, 'detail', handed.detail)
    if (handed.confirmed) fillPart(row, 'title', handed.confirmed.order)
    shown.set(row, handed)
    showContents(row)
  },
}

/** What each row shows. */
const shown = new WeakMap<HTMLElement, Handed>()

/** One after the other: each may be a large photograph. */
let lastRead: Promise<void> = Promise.resolve()

/** Once for each row. */
function showContents(row: HTMLElement): void {
  if (row.dataset['read'] !== undefined) return
  row.dataset['read'] = ''
  lastRead = lastRead.then(async () => {
    const handed = shown.get(row)
    const contents = handed && (await contentsOf(handed).catch(() => undefined))
    if (contents) return fillContents(row, contents)
    delete row.dataset['read']
    // It was delivered while this looked for it here.
    if (shown.get(row) !== handed) showContents(row)
  })
}

async function fillContents(row: HTMLElement, { order, photo }: Contents): Promise<void> {
  fillPart(row, 'title', order)
  const canvas = row.querySelector('canvas')
  if (!canvas) return
  canvas.setAttribute('aria-label', `Photograph for ${order}`)
  await drawPicture(canvas, photo)
}

/** What was delivered is on this device no more: the server has it. */
function contentsOf({ id, confirmed }: Handed): Promise<Contents | undefined> {
  return confirmed ? readDelivered(confirmed) : readStored(id)
}

/** A form is stored as the request that it is. Nothing, where it has been delivered meanwhile. */
async function readStored(id: string): Promise<Contents | undefined> {
  const body = await proofs.body(id)
  if (!(body instanceof Blob)) return undefined
  const form = await new Response(body, { headers: { 'content-type': body.type } }).formData()
  const [order, photo] = [form.get('order'), form.get('photo')]
  return { order: typeof order === 'string' ? order : '', photo: photo instanceof Blob ? photo : undefined }
}

async function readDelivered({ proof, order }: ProofConfirmation): Promise<Contents> {
  const response = await fetch(photographOf(proof))
  // It keeps only the last ones.
  return { order, photo: response.ok ? await response.blob() : undefined }
}

import { isQueueError } from 'holdfast'
import { notes } from './orders.ts'
import { find } from './page.ts'

/** For how long words are gathered before they are sent, in milliseconds. */
const GATHERED = 1_500

const field = find('note', HTMLTextAreaElement)
const said = find('note-said', HTMLOutputElement)

/** Keeps what a person writes, as they write. The queue sees to it that only the last of what waits is sent. */
export function enableNote(): void {
  let edits = 0
  field.addEventListener('input', async () => {
    edits += 1
    const edit = edits
    try {
      const receipt = await notes.enqueue({ text: field.value }, { delay: GATHERED })
      if (edit === edits) said.value = 'Kept on this device'
      await receipt.delivered
      if (edit === edits) said.value = 'Dispatch has it'
    } catch (error) {
      if (edit === edits) said.value = whyNotKept(error)
    }
  })
  // What ails the storage is told where orders are.
  showWaiting().catch(() => {})
}

/** What an earlier visit has written, and is not sent yet. */
async function showWaiting(): Promise<void> {
  let text = ''
  for await (const { body } of notes.messages()) text = body.text
  if (text === '' || field.value !== '') return
  field.value = text
  said.value = 'Kept on this device'
}

function whyNotKept(error: unknown): string {
  if (isQueueError(error) && error.code === 'dead-lettered') return 'Dispatch will not take it'
  return isQueueError(error) && error.code === 'host-lost' ? 'Perhaps kept, perhaps not: reload this page' : 'Not kept'
}

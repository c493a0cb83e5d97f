import { QueueError, shown } from '../message/error.ts'
import { multipart } from '../message/multipart.ts'

/** What a form would be sent as, were it sent without a script (https://html.spec.whatwg.org/#form-submission-algorithm). */
export function requestOf(form: HTMLFormElement, submitter: HTMLElement | null): Request {
  const { method, action, enctype } = sendingOf(form, submitter)
  if (method !== 'post') {
    throw new QueueError(
      'invalid-option',
      `Expected a form with method="post", got ${shown(method)}: nothing else changes anything at the server`,
    )
  }
  const data = new FormData(form, submitter)
  // An answer that a script can read is welcome; without one, a page is as good.
  const headers = { accept: 'application/json, text/html;q=0.5' }
  return new Request(action, { method: 'POST', headers, body: enctype === 'multipart/form-data' ? multipart(data) : encoded(data) })
}

/** Where a form may go: to its own URL, or to that of a button of it. */
export function actionsOf(form: HTMLFormElement): string[] {
  const buttons = [...form.elements].filter((element) => element.hasAttribute('formaction')) as HTMLElement[]
  return [null, ...buttons].map((button) => sendingOf(form, button).action)
}

function sendingOf(form: HTMLFormElement, submitter: HTMLElement | null): { method: string; action: string; enctype: string } {
  // By attribute: a field that is called "action" hides the form's own property.
  const of = (name: string, fallback: string): string => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? fallback
  return {
    method: of('method', 'get').toLowerCase(),
    action: new URL(of('action', ''), form.ownerDocument.baseURI).href,
    enctype: of('enctype', 'application/x-www-form-urlencoded').toLowerCase(),
  }
}

/** Of a file only its name goes along, as without a script. */
function encoded(data: FormData): URLSearchParams {
  const pairs = [...data].map(([name, value]) => [name, typeof value === 'string' ? value : value.name])
  return new URLSearchParams(pairs)
}

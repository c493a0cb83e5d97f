import { fieldsOf } from './form-fields.ts'

/** What a server has against what was entered. */
export interface FieldError {
  /** The name of the field; without one, it is said of the whole form. */
  readonly field?: string
  /** In words for whoever filled in the form. */
  readonly message: string
}

/** The answer to a form that the server will not take. */
export interface Refusal {
  readonly status: number
  /** The beginning of the answer's body: as data where it is JSON and whole, otherwise as text. */
  readonly body: unknown
}

let shown = 0

/**
 * Reads what many servers say: `errors` as an object of texts by field (Rails, Laravel, ASP.NET), or as a list with a `field`, `name` or `pointer` and a `message` or `detail`
 * (https://www.rfc-editor.org/rfc/rfc9457#section-3); and where there is none of that, a `detail`, `message` or `title`.
 */
export function errorsIn({ body }: Refusal): FieldError[] {
  const { errors, detail, message, title } = Object(body) as Record<string, unknown>
  const found = Array.isArray(errors)
    ? errors.flatMap(errorIn)
    : Object.entries(Object(errors) as object).flatMap(([field, said]) => ofField(field, said))
  if (found.length > 0) return found
  const said = [detail, message, title].find((text) => typeof text === 'string' && text !== '')
  return typeof said === 'string' ? [{ message: said }] : []
}

function ofField(field: string, said: unknown): FieldError[] {
  return [said].flat().flatMap((message) => (typeof message === 'string' ? [{ field, message }] : []))
}

function errorIn(given: unknown): FieldError[] {
  if (typeof given === 'string') return [{ message: given }]
  const { field, name, pointer, message, detail } = Object(given) as Record<string, unknown>
  const said = message ?? detail
  if (typeof said !== 'string') return []
  const where = field ?? name ?? (typeof pointer === 'string' ? pointer.split('/').at(-1) : undefined)
  return [typeof where === 'string' ? { field: where, message: said } : { message: said }]
}

/**
 * Shows errors beside their fields, where they stay until the field is changed: as the field's description, which a screen reader reads with it. An element of the page with
 * `data-error-for` and the field's name takes the text; otherwise one is made after the field.
 *
 * @returns those of no field of the form.
 */
export function showErrors(form: HTMLFormElement, errors: readonly FieldError[]): FieldError[] {
  return errors.filter((error) => !showError(form, error))
}

/** Takes back what was shown. */
export function clearErrors(form: HTMLFormElement): void {
  for (const place of form.querySelectorAll<HTMLElement>('[data-holdfast-error]')) clear(form, place)
}

function showError(form: HTMLFormElement, { field: name, message }: FieldError): boolean {
  const fields = name === undefined ? [] : fieldsOf(form, name)
  const last = fields.at(-1)
  if (name === undefined || !last) return false
  const place = placeOf(form, name) ?? makePlace(last)
  place.id ||= `holdfast-error-${(shown += 1)}`
  place.dataset['holdfastError'] = name
  // A second one of the same field stands behind the first.
  place.textContent = [place.textContent, message].filter(Boolean).join(' ')
  place.hidden = false
  for (const field of fields) {
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', [...describedBy(field, place.id), place.id].join(' '))
    field.addEventListener('input', () => clear(form, place), { once: true })
  }
  return true
}

function placeOf(form: HTMLFormElement, name: string): HTMLElement | undefined {
  const places = form.querySelectorAll<HTMLElement>('[data-error-for], [data-holdfast-error]')
  return [...places].find(({ dataset }) => dataset['errorFor'] === name || dataset['holdfastError'] === name)
}

/** After the field; after its label, where that is around it, so that the error is not its name. */
function makePlace(field: Element): HTMLElement {
  const place = field.ownerDocument.createElement('p')
  place.className = 'holdfast-error'
  ;(field.closest('label') ?? field).after(place)
  return place
}

function clear(form: HTMLFormElement, place: HTMLElement): void {
  const { holdfastError: name } = place.dataset
  if (name === undefined) return
  for (const field of fieldsOf(form, name)) {
    field.removeAttribute('aria-invalid')
    const rest = describedBy(field, place.id).join(' ')
    if (rest) field.setAttribute('aria-describedby', rest)
    else field.removeAttribute('aria-describedby')
  }
  delete place.dataset['holdfastError']
  // What was made goes; what is the page's own is empty again.
  if (place.dataset['errorFor'] === undefined) place.remove()
  else place.textContent = ''
}

/** What describes a field beside its error. */
function describedBy(field: Element, error: string): string[] {
  return (field.getAttribute('aria-describedby') ?? '').split(/\s+/).filter((id) => id !== '' && id !== error)
}

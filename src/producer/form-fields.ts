type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** The fields of a name: several where they are check boxes, or one question asked more than once. */
export function fieldsOf(form: HTMLFormElement, name: string): Field[] {
  // Not namedItem(): a name like "length" finds something else.
  return [...form.elements].filter((element): element is Field => isField(element) && element.name === name)
}

/**
 * Whether everything in a form is as its page had it, or as it was sent: Firefox, loading a page again, puts back into it what was in its fields.
 *
 * @param sent what came back, where it can be read.
 */
export function isUntouched(form: HTMLFormElement, sent: FormData | undefined): boolean {
  return [...form.elements].every((element) => !isField(element) || isAsGiven(element) || isAsSent(form, element, sent))
}

/** Puts into a form what was sent from it, files as well. */
export function fillIn(form: HTMLFormElement, data: FormData): void {
  for (const name of new Set([...form.elements].filter(isField).map((field) => field.name))) {
    const values = data.getAll(name)
    for (const [place, field] of fieldsOf(form, name).entries()) setValue(field, values, place)
  }
}

/** What the body of a request says, where it is a form's. */
export async function formDataOf(body: unknown): Promise<FormData | undefined> {
  if (!(body instanceof Blob)) return undefined
  try {
    return await new Response(body, { headers: { 'content-type': body.type } }).formData()
  } catch {
    return undefined
  }
}

function isField(element: Element): element is Field {
  return (
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    (element instanceof HTMLInputElement && !/^(?:submit|button|image|reset)$/.test(element.type))
  )
}

function isAsGiven(field: Field): boolean {
  if (field instanceof HTMLSelectElement)
    return [...field.options].every((option) => option.selected === option.defaultSelected) || !isChosen(field)
  if (field instanceof HTMLInputElement && isChoice(field)) return field.checked === field.defaultChecked
  if (field instanceof HTMLInputElement && field.type === 'file') return field.files?.length === 0
  // What a page's script has put into a hidden field was nobody's work.
  return field.type === 'hidden' || field.value === field.defaultValue
}

function isAsSent(form: HTMLFormElement, field: Field, sent: FormData | undefined): boolean {
  if (!sent) return false
  const values = sent.getAll(field.name)
  if (field instanceof HTMLSelectElement) return [...field.options].every(({ selected, value }) => selected === values.includes(value))
  if (field instanceof HTMLInputElement && isChoice(field)) return field.checked === values.includes(field.value)
  if (field instanceof HTMLInputElement && field.type === 'file') return [...(field.files ?? [])].every((file) => values.some(isLike(file)))
  return field.value === values[fieldsOf(form, field.name).indexOf(field)]
}

function isLike(file: File): (value: FormDataEntryValue) => boolean {
  return (value) => typeof value !== 'string' && value.name === file.name && value.size === file.size
}

/** A list of which nothing was chosen shows its first option. */
function isChosen(select: HTMLSelectElement): boolean {
  const { options, selectedIndex, multiple } = select
  if ([...options].some(({ defaultSelected }) => defaultSelected)) return true
  return multiple ? selectedIndex >= 0 : selectedIndex > 0
}

function isChoice({ type }: HTMLInputElement): boolean {
  return type === 'checkbox' || type === 'radio'
}

function setValue(field: Field, values: readonly FormDataEntryValue[], place: number): void {
  const value = values[place]
  if (field instanceof HTMLSelectElement) {
    for (const option of field.options) option.selected = values.includes(option.value)
  } else if (field instanceof HTMLInputElement && isChoice(field)) {
    field.checked = values.includes(field.value)
  } else if (field instanceof HTMLInputElement && field.type === 'file') {
    setFiles(field, values)
  } else if (typeof value === 'string' && field.type !== 'hidden') field.value = value
}

function setFiles(field: HTMLInputElement, values: readonly FormDataEntryValue[]): void {
  const files = new DataTransfer()
  // A field of which no file was chosen sends one without a name.
  for (const value of values) if (typeof value !== 'string' && value.name !== '') files.items.add(value)
  field.files = files.files
}

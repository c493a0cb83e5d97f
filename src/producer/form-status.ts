/** What a form says of itself. */
export interface FormWords {
  /** @defaultValue 'Saving …' */
  readonly storing: string
  /** @defaultValue 'Saved on this device. It will be sent as soon as there is a connection.' */
  readonly stored: string
  /** @defaultValue 'Sent.' */
  readonly sent: string
  /** The server has rejected it. @defaultValue 'What you sent was not accepted. Please look at it again.' */
  readonly refused: string
  /** It could not be delivered in time, or as often as it was to be tried. @defaultValue 'What you sent could not be delivered. Please look at it, and send it again.' */
  readonly undelivered: string
  /** It could not be stored. @defaultValue 'This could not be saved, and was not sent. Please try again.' */
  readonly failed: string
  /** A button: what came back is put into the form, over what is there. @defaultValue 'Show it' */
  readonly show: string
  /** A button: what came back is deleted. @defaultValue 'Discard it' */
  readonly discard: string
}

const ENGLISH: FormWords = {
  storing: 'Saving …',
  stored: 'Saved on this device. It will be sent as soon as there is a connection.',
  sent: 'Sent.',
  refused: 'What you sent was not accepted. Please look at it again.',
  undelivered: 'What you sent could not be delivered. Please look at it, and send it again.',
  failed: 'This could not be saved, and was not sent. Please try again.',
  show: 'Show it',
  discard: 'Discard it',
}

export type FormState = 'storing' | 'stored' | 'sent' | 'refused' | 'failed'

/** Where a form says how it stands, and what can be done about it. */
export class FormStatus {
  readonly #form: HTMLFormElement
  readonly #words: FormWords
  readonly #said: HTMLElement
  readonly #actions: HTMLElement
  readonly #made: Element[] = []

  constructor(form: HTMLFormElement, said: HTMLElement | undefined, words: Partial<FormWords> = {}) {
    this.#form = form
    this.#words = { ...ENGLISH, ...words }
    this.#said = said ?? this.#make('p', 'holdfast-status', form)
    if (!said) this.#said.setAttribute('role', 'status')
    // Buttons are no part of what is read out.
    this.#actions = this.#make('p', 'holdfast-actions')
    this.#said.after(this.#actions)
    this.#actions.hidden = true
  }

  /** @param more what else is said. */
  say(state: FormState, word: keyof FormWords, more: readonly string[] = []): void {
    this.#form.dataset['holdfast'] = state
    this.#said.textContent = [this.#words[word], ...more].join(' ')
    this.offer({})
  }

  /** Buttons, by what is on them, and what they do. */
  offer(actions: { readonly [Word in keyof FormWords]?: () => void }): void {
    const buttons = Object.entries(actions).map(([word, act]) => {
      const button = this.#form.ownerDocument.createElement('button')
      button.type = 'button'
      button.textContent = this.#words[word as keyof FormWords]
      button.addEventListener('click', act)
      return button
    })
    this.#actions.replaceChildren(...buttons)
    this.#actions.hidden = buttons.length === 0
  }

  clear(): void {
    delete this.#form.dataset['holdfast']
    this.#said.textContent = ''
    this.offer({})
  }

  end(): void {
    this.clear()
    for (const element of this.#made) element.remove()
  }

  #make(tag: string, name: string, parent?: Element): HTMLElement {
    const element = this.#form.ownerDocument.createElement(tag)
    element.className = name
    parent?.append(element)
    this.#made.push(element)
    return element
  }
}

import { vi } from 'vitest'

/** As much of a window as a page's end listens to, with a storage that outlives it. */
export class FakeWindow {
  readonly storage: Record<string, string> = {}
  /** How many characters it takes. */
  room: number = Infinity
  readonly #window = new EventTarget()
  readonly #document = Object.assign(new EventTarget(), { visibilityState: 'visible', readyState: 'complete' })

  /** Puts it in the place of the global one. */
  install(): void {
    vi.stubGlobal('addEventListener', this.#window.addEventListener.bind(this.#window))
    vi.stubGlobal('document', this.#document)
    vi.stubGlobal('navigator', { onLine: true })
    const methods = {
      getItem: (key: string): string | null => this.storage[key] ?? null,
      setItem: (key: string, text: string): void => {
        if (text.length > this.room) throw new DOMException('', 'QuotaExceededError')
        this.storage[key] = text
      },
      removeItem: (key: string): void => void delete this.storage[key],
    }
    vi.stubGlobal('localStorage', new Proxy(this.storage, { get: (_, name) => Reflect.get(methods, name) as unknown }))
  }

  set readyState(state: string) {
    this.#document.readyState = state
  }

  tellUnload(): void {
    this.#window.dispatchEvent(new Event('beforeunload'))
  }

  get left(): string[] {
    return Object.keys(this.storage)
  }

  hide(): void {
    this.#document.visibilityState = 'hidden'
    this.#document.dispatchEvent(new Event('visibilitychange'))
  }

  tell(type: 'pagehide' | 'pageshow', persisted: boolean): void {
    this.#window.dispatchEvent(Object.assign(new Event(type), { persisted }))
  }

  tellDocument(type: 'freeze' | 'resume'): void {
    this.#document.dispatchEvent(new Event(type))
  }

  /** What another page hears when something was written. */
  tellStored(key: string): void {
    this.#window.dispatchEvent(Object.assign(new Event('storage'), { key, newValue: this.storage[key] ?? null }))
  }
}

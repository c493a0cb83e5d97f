let answered: Promise<boolean> | undefined

/** Asks the browser to keep this origin's storage: once in a page, since some browsers ask the user. */
export function askToPersist(): Promise<boolean> {
  answered ??= ask()
  return answered
}

async function ask(): Promise<boolean> {
  try {
    return await navigator.storage.persist()
  } catch {
    // There is no such thing here, or it is not allowed to ask.
    return false
  }
}

/** How many bytes are made characters of at once: as many as a call may have arguments, in every engine. */
const PORTION = 8_192

export function toBase64(bytes: Uint8Array): string {
  let characters = ''
  for (let start = 0; start < bytes.length; start += PORTION) characters += String.fromCharCode(...bytes.subarray(start, start + PORTION))
  return btoa(characters)
}

/** @throws DOMException where it is none. */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** How many characters so many bytes become. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

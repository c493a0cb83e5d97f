/** What a body is to whoever handles it, by its content type: JSON is what it says, and a form is one. Whatever else there is stays bytes. */

import { isJson } from '../protocol/http.ts'

const FORM = 'multipart/form-data'
const URL_ENCODED = 'application/x-www-form-urlencoded'

/** Whether a type is among those that are taken. */
export function isAmong(types: readonly string[], type: string): boolean {
  const bare = bareType(type)
  return types.some((taken) => {
    const wanted = taken.toLowerCase()
    return wanted === bare || wanted === '*/*' || (wanted.endsWith('/*') && bare.startsWith(wanted.slice(0, -1)))
  })
}

/** @returns nothing where it is not what its type says. */
export async function valueOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<{ readonly value: unknown } | undefined> {
  try {
    return { value: await read(bytes, type) }
  } catch {
    return undefined
  }
}

async function read(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
  if (isJson(type)) return JSON.parse(new TextDecoder().decode(bytes))
  const bare = bareType(type)
  if (bare === URL_ENCODED) return new URLSearchParams(new TextDecoder().decode(bytes))
  return bare === FORM ? new Response(bytes, { headers: { 'content-type': type } }).formData() : new Blob([bytes], { type })
}

function bareType(type: string): string {
  return type.split(';', 1)[0]!.trim().toLowerCase()
}

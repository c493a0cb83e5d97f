import { decodeBody, encodeBody } from '../message/body.ts'
import type { Answer } from '../message/message.ts'
import type { ClassifyFunction, UpcastFunction, Verdict } from '../message/options.ts'
import { askHeaders } from './headers.ts'
import type { HeaderEntries } from './host.ts'

/** The functions that a queue's user has given, as a host asks them. */
export interface PageFunctions {
  headers(unauthorized: boolean): Promise<HeaderEntries>
  classify(answer: Answer): Promise<Verdict | undefined>
  upcast(body: string, version: number): Promise<string>
}

export { askHeaders }

export async function askClassify(classify: ClassifyFunction, answer: Answer): Promise<Verdict | undefined> {
  return classify(answer)
}

export async function askUpcast(upcast: UpcastFunction, body: string, version: number): Promise<string> {
  return encodeBody(await upcast(decodeBody(body)?.value, version))
}

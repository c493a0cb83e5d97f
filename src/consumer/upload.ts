/** Sends a request as `fetch` does, and tells how much of its body has left, from 0 to 1. */
export type Upload = (url: string, init: RequestInit, progressed: (done: number) => void) => Promise<Response>

/** Statuses whose answers have no body: a `Response` refuses one. */
const WITHOUT_BODY = [204, 205, 304]

/** `fetch` tells of no progress in any engine. Service workers have no `XMLHttpRequest`. */
export const uploadByXhr: Upload = (url, { method = 'GET', headers, body, credentials, signal }, progressed) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const xhr = new XMLHttpRequest()
    xhr.open(method, url)
    xhr.withCredentials = credentials === 'include'
    for (const [name, value] of new Headers(headers)) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = ({ loaded, total }) => progressed(total > 0 ? loaded / total : 1)
    xhr.onreadystatechange = () => {
      if (xhr.readyState === XMLHttpRequest.HEADERS_RECEIVED) resolve(answerOf(xhr, url))
    }
    xhr.onerror = xhr.onabort = () => reject(new TypeError('The request was not answered'))
    signal?.addEventListener('abort', () => xhr.abort())
    xhr.send(body as XMLHttpRequestBodyInit)
  })

/** The answer as it comes, so that no more of it need be read than is wanted; a connection that is lost takes nothing back of what the status said. */
function answerOf(xhr: XMLHttpRequest, url: string): Response {
  const { status } = xhr
  const headers = new Headers()
  for (const [, name = '', value = ''] of xhr.getAllResponseHeaders().matchAll(/^([^:\r\n]+): ?(.*)$/gm)) headers.append(name, value.trim())
  const { href, hash } = new URL(url)
  if (xhr.responseURL + hash === href) return new Response(WITHOUT_BODY.includes(status) ? null : bodyOf(xhr), { status, headers })
  // A redirect, which was followed: what the last server in the row says is no answer to what was sent.
  drop(xhr)
  return new Response(null, { status: 302 })
}

function bodyOf(xhr: XMLHttpRequest): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let seen = 0
  return new ReadableStream({
    start(controller) {
      const take = (): void => {
        const { responseText } = xhr
        if (responseText.length > seen) controller.enqueue(encoder.encode(responseText.slice(seen)))
        seen = responseText.length
      }
      xhr.onprogress = take
      xhr.onload = () => {
        take()
        controller.close()
      }
      xhr.onerror = xhr.onabort = () => controller.error(new TypeError('The answer was cut off'))
    },
    cancel: () => drop(xhr),
  })
}

/** Nobody waits for more. */
function drop(xhr: XMLHttpRequest): void {
  xhr.onprogress = xhr.onload = xhr.onerror = xhr.onabort = null
  xhr.abort()
}

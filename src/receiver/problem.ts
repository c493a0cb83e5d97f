/**
 * An answer that says what is wrong (RFC 9457). Return one from a handler to reject a message: with 422, say, it becomes a dead
 * letter on the device, and `detail` is kept with it.
 *
 * @param options.type a URI that names the kind of problem; `about:blank` by default.
 * @param options.headers headers of the answer, beside its type.
 * @example
 * ```ts
 * if (!catalogue.has(order.sku)) return problem(422, `There is no ${order.sku}`)
 * ```
 */
export function problem(status: number, detail: string, options: { type?: string; headers?: HeadersInit } = {}): Response {
  const headers = new Headers(options.headers)
  headers.set('content-type', 'application/problem+json')
  return new Response(JSON.stringify({ type: options.type ?? 'about:blank', status, detail }), { status, headers })
}

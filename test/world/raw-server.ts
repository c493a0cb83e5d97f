import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What is written back, once a request has come; what it gives ends the connection. */
export type Raw = (socket: Socket) => void | Promise<void>

/** A server on this machine that says whatever a test has it say, HTTP or not. */
export class RawServer implements AsyncDisposable {
  readonly url: string
  /** The requests that arrived, as text. */
  readonly requests: string[]
  readonly #stop: () => Promise<void>

  private constructor(url: string, requests: string[], stop: () => Promise<void>) {
    this.url = url
    this.requests = requests
    this.#stop = stop
  }

  static async start(raw: Raw): Promise<RawServer> {
    const [requests, sockets] = [[] as string[], new Set<Socket>()]
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
      socket.once('data', (data) => {
        requests.push(String(data))
        void raw(socket)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    return new RawServer(`http://127.0.0.1:${port}/`, requests, async () => {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop()
  }
}

/** An answer in one piece, after which the connection ends. */
export const raw =
  (status: string, headers: readonly string[], body: string | Uint8Array): Raw =>
  (socket) => {
    socket.write([`HTTP/1.1 ${status}`, ...headers, 'connection: close', '', ''].join('\r\n'))
    socket.end(body)
  }

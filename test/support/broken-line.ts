import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line to a registry that breaks or gets stuck when a test wants it to. */
export interface BrokenLine {
  /** `localhost:<port>`, as it stands in the name of an image. */
  readonly host: string
  readonly url: string
  /** Bytes that came from the registry so far, and that went to it. */
  readonly received: () => number
  readonly sent: () => number
  /** The heads of requests that went to the registry. */
  readonly requests: () => readonly string[]
  /** How often it broke. */
  readonly cuts: () => number
  /** After so many more bytes in a direction the connection that carries them breaks, once. */
  cutAfter(direction: 'received' | 'sent', bytes: number): void
  /** After so many more bytes in a direction nothing goes on in it, until {@link release}. Resolves once it is so. */
  stallAfter(direction: 'received' | 'sent', bytes: number): Promise<void>
  release(): void
  close(): Promise<void>
}

/** Opens such a line to a registry. */
export async function openBrokenLine(to: { readonly url: string }): Promise<BrokenLine> {
  const { hostname, port } = new URL(to.url)
  const counts = { received: 0, sent: 0, cuts: 0 }
  const cutAt = { received: Number.POSITIVE_INFINITY, sent: Number.POSITIVE_INFINITY }
  const stallAt = { received: Number.POSITIVE_INFINITY, sent: Number.POSITIVE_INFINITY }
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let stuck: (() => void)[] = []
  let onStall = () => {}

  function carry(direction: 'received' | 'sent', from: Socket, into: Socket): void {
    from.on('data', (chunk: Buffer) => {
      counts[direction] += chunk.length
      const head = /^[A-Z]+ \/[^\0]*?\r\n\r\n/.exec(direction === 'sent' ? chunk.toString('latin1') : '')
      if (head !== null) requests.push(head[0])
      if (counts[direction] >= cutAt[direction]) {
        cutAt[direction] = Number.POSITIVE_INFINITY
        counts.cuts += 1
        from.destroy()
        into.resetAndDestroy()
        return
      }
      if (counts[direction] >= stallAt[direction]) {
        from.pause()
        stuck.push(() => {
          into.write(chunk)
          from.resume()
        })
        onStall()
      } else if (!into.write(chunk)) {
        from.pause()
        into.once('drain', () => from.resume())
      }
    })
    from.on('end', () => into.end())
    from.on('error', () => into.destroy())
    from.on('close', () => into.destroy())
  }

  const server = createServer((client) => {
    const registry = connect(Number(port), hostname)
    for (const socket of [client, registry]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    carry('sent', client, registry)
    carry('received', registry, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `localhost:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    received: () => counts.received,
    sent: () => counts.sent,
    requests: () => requests,
    cuts: () => counts.cuts,
    cutAfter(direction, bytes) {
      cutAt[direction] = counts[direction] + bytes
    },
    stallAfter(direction, bytes) {
      stallAt[direction] = counts[direction] + bytes
      return new Promise((resolve) => {
        onStall = resolve
      })
    },
    release() {
      stallAt.received = Number.POSITIVE_INFINITY
      stallAt.sent = Number.POSITIVE_INFINITY
      const waiting = stuck
      stuck = []
      for (const goOn of waiting) goOn()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

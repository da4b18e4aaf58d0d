import { connect, type Socket } from 'node:net'

/** Many connections that do as they like with HTTP. */
export interface Flood {
  /** Answers by their status; those of 503 that did not say when to come back are counted as `503 without Retry-After`. */
  readonly answers: ReadonlyMap<string, number>
  /** Connections that the server has closed. */
  closed(): number
  /** Sends more on each connection that can still be written to. */
  send(more: (number: number) => string | Uint8Array): void
  /** Ends all connections at once. */
  end(): void
}

/** What each connection of a flood does. */
export interface FloodBehaviour {
  /** Sent at once, as far as the server takes it. */
  first(number: number): readonly (string | Uint8Array)[]
  /** Sent every second from then on. */
  everySecond?: string | Uint8Array
  /** Whether answers are read; if not, nothing is known of them. Default: true. */
  reads?: boolean
}

/** Opens connections and resolves once all of them are open, or closed again. */
export async function startFlood(url: string, count: number, behaviour: FloodBehaviour): Promise<Flood> {
  const { hostname, port } = new URL(url)
  const { reads = true } = behaviour
  const answers = new Map<string, number>()
  const sockets: Socket[] = []
  let closed = 0

  function open(number: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      socket.on('connect', () => {
        for (const piece of behaviour.first(number)) socket.write(piece)
        resolve()
      })
      // A connection that the server closes is part of the game.
      socket.on('error', () => {})
      socket.on('close', () => {
        closed += 1
        resolve()
      })
      if (!reads) socket.pause()
      else {
        socket.on('data', (chunk) => {
          const head = chunk.toString('latin1')
          const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1]
          if (status === undefined) return
          const kind = status === '503' && !/^Retry-After: \d+\r$/im.test(head) ? '503 without Retry-After' : status
          answers.set(kind, (answers.get(kind) ?? 0) + 1)
        })
      }
    })
  }

  await Promise.all(Array.from({ length: count }, (_, number) => open(number)))
  const { everySecond } = behaviour
  const timer =
    everySecond === undefined
      ? undefined
      : setInterval(() => {
          for (const socket of sockets) if (socket.writable) socket.write(everySecond)
        }, 1000)
  return {
    answers,
    closed: () => closed,
    send(more) {
      for (const [number, socket] of sockets.entries()) if (socket.writable) socket.write(more(number))
    },
    end() {
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
    },
  }
}

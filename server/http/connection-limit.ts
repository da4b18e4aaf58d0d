import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** A connection that has not asked anything for so long may be closed to make room for a new one. */
const QUIET_MS = 1000

/** Connections beyond the limit that are still taken, to be told so: health checks are among them. */
const SPARE = 64

/** As many as fit into the memory that is promised, each with an upload or a download under way (I11). */
const MOST = 2500

/** Files that are open besides: the database, the log, what is being looked at. */
const OTHER_FILES = 64

/** Keeps a server within a number of connections without closing the door: who comes then is told to come back. */
export interface ConnectionLimit {
  /** Whether there are more connections than there should be, so that whoever asks next has to go. */
  isExceeded(): boolean
  /** To be called when a request begins: its connection is not closed to make room. */
  requestBegan(socket: Socket): void
  /** To be called when a request is over. */
  requestEnded(socket: Socket): void
  /** Whether a request of this connection has begun and is not over. */
  isAnswering(socket: Socket): boolean
}

/** @param max connections; when there are more, those that have been quiet the longest are closed. */
export function limitConnections(server: Server | HttpsServer, max: number): ConnectionLimit {
  let open = 0
  /** Connections without a request under way and since when, the longest first. */
  const quiet = new Map<Socket, number>()
  /** How many requests of a connection are under way: a client may send the next before it has the answer. */
  const underWay = new WeakMap<Socket, number>()

  function closeQuietest(): void {
    for (const [socket, since] of quiet) {
      if (performance.now() - since >= QUIET_MS) socket.destroy()
      return
    }
  }

  server.on('connection', (socket: Socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
    if (open > max) closeQuietest()
  })
  // With TLS, requests come through another socket than the one that was accepted.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    quiet.set(socket, performance.now())
    socket.once('close', () => quiet.delete(socket))
  })

  server.maxConnections = max + SPARE
  return {
    isExceeded: () => open > max,
    requestBegan(socket) {
      quiet.delete(socket)
      underWay.set(socket, (underWay.get(socket) ?? 0) + 1)
    },
    requestEnded(socket) {
      const left = (underWay.get(socket) ?? 1) - 1
      underWay.set(socket, left)
      if (left === 0 && !socket.destroyed) quiet.set(socket, performance.now())
    },
    isAnswering: (socket) => (underWay.get(socket) ?? 0) > 0,
  }
}

/** As many connections as there can be with a file open for each, and no more than there is memory for. */
export function defaultMaxConnections(): number {
  return Math.max(1, Math.min(MOST, Math.floor((openFilesLimit() - OTHER_FILES - SPARE) / 2)))
}

/** Linux tells; elsewhere there are as many as anybody needs. */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

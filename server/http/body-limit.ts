import type { IncomingMessage } from 'node:http'

/** What is no larger is let in whatever else is there: the number of connections bounds it, and manifests mostly are. */
const SMALL_BYTES = 16 * 1024

/** The largest body that anybody here reads whole: a manifest. */
const LARGEST_HELD_BYTES = 4 * 1024 * 1024

/** A client that sends less than this, while others wait, loses its place. */
const MIN_BYTES_PER_SECOND = 4 * 1024

/** Time that a client has for it: long enough for a lost packet or a slow mobile network to recover. */
const PATIENCE_MS = 5000

/** Bounds what the bodies under way take of the memory, however many send at once (I11). */
export interface BodyLimit {
  /** Lets the body of a request in, until it has come or the client is gone; false when there are too many. */
  admits(request: IncomingMessage): boolean
}

/** A body under way, and how far it was when it was last looked at. */
interface Body {
  readonly request: IncomingMessage
  readonly heldBytes: number
  seenBytes: number
  seenAt: number
}

/**
 * Bodies that are written as they come are counted; of those that are read whole, also the bytes. When there is no more
 * room, clients that hold a place and send next to nothing lose it: else a few of them could keep everybody out.
 */
export function createBodyLimit(limits: {
  /** Bodies under way at once. */
  readonly maxBodies: number
  /** Bytes of bodies that are read whole. */
  readonly maxHeldBytes: number
}): BodyLimit {
  const { maxBodies, maxHeldBytes } = limits
  const underWay = new Set<Body>()
  let allHeldBytes = 0

  function fits(heldBytes: number): boolean {
    return underWay.size < maxBodies && allHeldBytes + heldBytes <= maxHeldBytes
  }

  function takeIn(request: IncomingMessage, heldBytes: number): void {
    const body = { request, heldBytes, seenBytes: request.socket.bytesRead, seenAt: performance.now() }
    underWay.add(body)
    allHeldBytes += heldBytes
    request.once('close', () => {
      underWay.delete(body)
      allHeldBytes -= heldBytes
    })
  }

  function cutOffSlow(): void {
    const now = performance.now()
    for (const body of underWay) {
      const { request, seenBytes, seenAt } = body
      if (now - seenAt < PATIENCE_MS) continue
      const bytes = request.socket.bytesRead
      // What has come and is not taken yet waits for the disk, which is no fault of the client.
      const isSlow = request.readableLength === 0 && (bytes - seenBytes) * 1000 < MIN_BYTES_PER_SECOND * (now - seenAt)
      if (isSlow) request.destroy()
      body.seenBytes = bytes
      body.seenAt = now
    }
  }

  return {
    admits(request) {
      const bytes = announcedBytes(request)
      if (bytes <= SMALL_BYTES) return true
      const heldBytes = isStreamed(request.url ?? '') ? 0 : Math.min(bytes, LARGEST_HELD_BYTES)
      if (!fits(heldBytes)) cutOffSlow()
      if (!fits(heldBytes)) return false
      takeIn(request, heldBytes)
      return true
    },
  }
}

/** Of an unannounced length, all that may come. */
function announcedBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

/** Blobs and archives go to the disk as they come; everything else is read whole before it is looked at. */
function isStreamed(url: string): boolean {
  return url.includes('/blobs/uploads/') || /\/import(?:\?|$)/.test(url)
}

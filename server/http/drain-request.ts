import type { IncomingMessage } from 'node:http'

/**
 * Reads and throws away what a client still sends, so that it finds the answer: Go's reports a broken pipe instead when
 * the connection is cut under it (UPL-16). After so many bytes it is cut all the same.
 */
export function drainRequest(request: IncomingMessage, maxBytes: number): void {
  if (request.complete) return
  let drained = 0
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length
    if (drained > maxBytes) request.destroy()
  })
  request.on('error', () => {})
}

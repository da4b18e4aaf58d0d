import type { ServerResponse } from 'node:http'

/** The client went away in the middle; nobody is left to be told, and it is no fault of ours. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

const GONE_CODES: ReadonlySet<unknown> = new Set([
  // What is still to be written when a connection is closed.
  'ECANCELED',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** Whether an error only says that the client went away. */
export function isClientGone(error: unknown): boolean {
  return error instanceof ClientGone || (error instanceof Error && 'code' in error && GONE_CODES.has(error.code))
}

/** Writes a body bit by bit. */
export interface BodyWriter {
  /** Settles when the bytes have left, so that their memory may be used again. @throws ClientGone when they never will. */
  write(chunk: Uint8Array): Promise<void>
  /** To be called when no more is written, whether it went well or not. */
  release(): void
}

/** A writer for a response whose head is set. */
export function createBodyWriter(response: ServerResponse): BodyWriter {
  let fail: ((error: Error) => void) | undefined
  const onClose = () => fail?.(new ClientGone('the client closed the connection'))
  response.on('close', onClose)
  return {
    write(chunk) {
      return new Promise((resolve, reject) => {
        fail = reject
        if (response.destroyed) return onClose()
        response.write(chunk, (error) => (error ? reject(error) : resolve()))
      })
    },
    release() {
      response.off('close', onClose)
    },
  }
}

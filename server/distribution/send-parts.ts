import type { ServerResponse } from 'node:http'
import type { ByteRange } from '../../oci/byte-range.ts'
import type { OpenBlob } from '../../storage/blobs/blob-store.ts'
import { createBodyWriter } from '../http/body-writer.ts'

/** A stretch of a response body: some text, some bytes of the blob, or one after the other. */
export interface ResponsePart {
  readonly preface?: Uint8Array
  readonly range?: ByteRange
}

/**
 * Sends a body whose head is written, waiting for each chunk to leave before the next is asked for: the blob's buffers
 * are borrowed, and a slow client must not fill memory.
 * @throws ClientGone when the client went away.
 */
export async function sendParts(
  response: ServerResponse,
  blob: Pick<OpenBlob, 'read'>,
  parts: readonly ResponsePart[],
): Promise<void> {
  const writer = createBodyWriter(response)
  try {
    for (const { preface, range } of parts) {
      if (preface !== undefined) await writer.write(preface)
      if (range === undefined) continue
      for await (const chunk of blob.read(range)) await writer.write(chunk)
    }
    response.end()
  } finally {
    writer.release()
  }
}

import type { OpenBlob } from '../../storage/blobs/blob-store.ts'

/**
 * All bytes of a blob that is known to be small; the caller closes it.
 * @throws Error when its file ends early.
 */
export async function readWhole(blob: Pick<OpenBlob, 'size' | 'read'>): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(blob.size)
  let offset = 0
  for await (const chunk of blob.read({ first: 0, last: blob.size - 1 })) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { archiveEnd, paddingBytes, placeFiles } from '../../oci/tar-layout.ts'
import { shortDigest } from '../output/short-digest.ts'
import type { Progress } from '../terminal/progress.ts'
import type { LayoutFile } from './image-layout.ts'

/** Writes an archive from its beginning to its end, for a pipe: one file after the other, nothing is kept. */
export async function saveStream(
  output: Writable,
  files: readonly LayoutFile[],
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const plan = placeFiles(files)
  /** Waits where whoever reads is slower than the registry. */
  async function write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0 && !output.write(bytes)) await once(output, 'drain', { signal })
  }
  for (const { source, sizeBytes, header } of plan.files) {
    await write(header)
    if (source.kind === 'bytes') await write(source.bytes)
    else {
      const bar = progress.add(shortDigest(source.blob.digest), source.blob.size)
      let bytes = 0
      try {
        for await (const chunk of source.download({ from: 0 })) {
          await write(chunk)
          bytes += chunk.length
          bar.moveTo(bytes)
        }
      } finally {
        bar.end()
      }
    }
    await write(Buffer.alloc(paddingBytes(sizeBytes)))
  }
  await write(archiveEnd())
  return plan.sizeBytes
}

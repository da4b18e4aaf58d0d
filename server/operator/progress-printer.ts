import { digestHex } from '../../oci/digest.ts'
import type { Scrub } from '../../storage/metadata/scrubs.ts'
import { formatBytes } from '../scrub/rate.ts'

/** How often a line is written to what is no terminal, such as a log. */
const LINE_EVERY_MS = 10_000

/** Makes the function that shows how far a scrub is: in one line that is written over, or in a line now and then. */
export function createProgressPrinter(stream: {
  readonly isTTY?: boolean
  write(text: string): unknown
}): (scrub: Scrub) => void {
  let printedAt: number | undefined
  return (scrub) => {
    const isDone = scrub.finishedAt !== undefined
    if (stream.isTTY === true) {
      stream.write(`\r\u001b[K${describeProgress(scrub)}${isDone ? '\n' : ''}`)
      return
    }
    const now = performance.now()
    if (!isDone && printedAt !== undefined && now - printedAt < LINE_EVERY_MS) return
    printedAt = now
    stream.write(`${describeProgress(scrub)}\n`)
  }
}

function describeProgress({ progress, finishedAt }: Scrub): string {
  const { lastDigest, lastManifestId, blobs, blobBytes, manifests, damaged } = progress
  // Digests are as evenly spread as anything: how far one is in their order is how much is done.
  const share = lastDigest === undefined ? 0 : Number.parseInt(digestHex(lastDigest).slice(0, 4), 16) / 0x1_0000
  const phase =
    finishedAt !== undefined
      ? 'done'
      : lastManifestId !== undefined
        ? 'manifests'
        : `blobs ${Math.floor(share * 100)} %`
  return `${phase}: ${blobs} blobs (${formatBytes(blobBytes)}), ${manifests} manifests, ${damaged} damaged`
}

import { blobName, indexEntry, LAYOUT_FILE, tarOf } from '../support/archives.ts'
import type { PushedManifest } from './content.ts'

const BOUNDARY = 'end-of-the-archive'

/** A form with an archive, as `POST …/import` takes it: the headers and the body of a request. */
export function createImportForm(manifest: PushedManifest, blobs: readonly Buffer[]) {
  const image = { manifest: manifest.bytes.toString(), digest: manifest.digest }
  const archive = tarOf([
    LAYOUT_FILE,
    indexEntry([{ image }]),
    ...[...blobs, manifest.bytes].map((content) => ({ name: blobName(content), content })),
  ])
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Buffer.concat([
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="archive"; filename="image.tar"\r\n` +
          'Content-Type: application/x-tar\r\n\r\n',
      ),
      archive,
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]),
  }
}

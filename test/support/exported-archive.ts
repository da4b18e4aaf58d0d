import { extract, type Header } from 'tar-stream'

/** A file as another implementation than ours reads it from an archive. */
export interface ArchivedFile {
  readonly header: Header
  readonly bytes: Buffer
}

/** Reads an archive whole; the files in their order, by name. Throws when it is no archive, or has a name twice. */
export async function readExportedArchive(archive: Uint8Array): Promise<Map<string, ArchivedFile>> {
  const files = new Map<string, ArchivedFile>()
  const reader = extract()
  reader.end(archive)
  for await (const entry of reader) {
    const chunks: Uint8Array[] = []
    entry.on('data', (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(chunk)
    })
    await new Promise((resolve) => entry.on('end', () => resolve(undefined)))
    const { name } = entry.header
    if (files.has(name)) throw new Error(`${name} is in the archive twice`)
    files.set(name, { header: entry.header, bytes: Buffer.concat(chunks) })
  }
  return files
}

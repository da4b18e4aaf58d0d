import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Client } from './server.ts'

/** The file of a blob in a data folder. */
export function blobFile(dataDir: string, digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(dataDir, 'blobs', 'blobs', algorithm, hex.slice(0, 2), hex)
}

/** Ways in which a disk can betray one. Each gives what is left; undefined when nothing is. */
export const DAMAGES = {
  'one bit is flipped': (bytes: Buffer) => {
    const flipped = Buffer.from(bytes)
    const middle = Math.floor(bytes.byteLength / 2)
    flipped[middle] = (flipped[middle] ?? 0) ^ 0b100
    return flipped
  },
  'it is cut short': (bytes: Buffer) => bytes.subarray(0, bytes.byteLength - 1),
  'it has grown': (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0])]),
  'it is emptied': () => Buffer.alloc(0),
  'it is gone': () => undefined,
} satisfies Readonly<Record<string, (bytes: Buffer) => Buffer | undefined>>

/** Damages the file of a blob behind the registry's back. */
export async function damageBlob(
  dataDir: string,
  digest: string,
  damage: (bytes: Buffer) => Buffer | undefined = DAMAGES['one bit is flipped'],
): Promise<void> {
  const path = blobFile(dataDir, digest)
  const left = damage(await readFile(path))
  if (left === undefined) await rm(path)
  else await writeFile(path, left)
}

/** Has the server scrub everything, and gives the scrub once it is finished. */
export async function scrubAll(admin: Client): Promise<{ readonly blobs: number; readonly damaged: number }> {
  await admin.post('/api/v1/scrub').send({ bytesPerSecond: null, startsOver: true }).expect(200)
  return vi.waitFor(
    async () => {
      const { body } = await admin.get('/api/v1/scrub').expect(200)
      if (body.scrub.state !== 'finished') throw new Error(`the scrub is ${body.scrub.state}: ${body.scrub.problem}`)
      return body.scrub
    },
    { timeout: 30_000, interval: 50 },
  )
}

import { open } from 'node:fs/promises'
import { createBlobMaker } from '../load/made-up-blob.ts'

/** Writes a file of so many bytes that cannot be compressed. */
export async function writeMadeUpFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const chunk of createBlobMaker(bytes)().chunks()) await file.write(chunk)
  } finally {
    await file.close()
  }
}

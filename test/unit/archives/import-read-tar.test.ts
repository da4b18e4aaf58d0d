import { expect, test } from 'vitest'
import { readTar } from '../../../server/archives/read-tar.ts'
import { inChunks } from '../../contract/blob-store-content.ts'
import { paxRecord, sealed, type TarEntryOptions, tarEntry, tarOf } from '../../support/archives.ts'

/** Everything in an archive, files as texts. */
async function readAll(archive: Uint8Array, chunkBytes?: number): Promise<unknown[]> {
  const entries: unknown[] = []
  for await (const entry of readTar(inChunks(archive, chunkBytes))) {
    if (entry.kind === 'file') {
      const chunks: Uint8Array[] = []
      for await (const chunk of entry.bytes) chunks.push(Uint8Array.from(chunk))
      entries.push([entry.name, Buffer.concat(chunks).toString()])
    } else {
      entries.push('target' in entry ? [entry.kind, entry.name, entry.target] : [entry.kind, entry.name])
    }
  }
  return entries
}

test('files, directories and links are told one by one, whatever chunks they come in', async () => {
  const archive = tarOf([
    { name: './', typeFlag: '5' },
    { name: './a/', typeFlag: '5' },
    { name: './a/file', content: 'some bytes' },
    { name: 'empty' },
    { name: 'old', typeFlag: '\0', content: 'x'.repeat(512) },
    { name: 'old-folder/', typeFlag: '0' },
    { name: 'a/layer.tar', typeFlag: '2', linkName: '../b/layer.tar' },
    { name: 'c/layer.tar', typeFlag: '1', linkName: 'b/layer.tar' },
  ])
  for (const chunkBytes of [1, 100, 512, 1000, archive.length]) {
    expect(await readAll(archive, chunkBytes)).toEqual([
      ['directory', '.'],
      ['directory', 'a'],
      ['a/file', 'some bytes'],
      ['empty', ''],
      ['old', 'x'.repeat(512)],
      ['directory', 'old-folder'],
      ['symlink', 'a/layer.tar', '../b/layer.tar'],
      ['hardlink', 'c/layer.tar', 'b/layer.tar'],
    ])
  }
})

test('extended headers and those of GNU say what the entry after them is, and no other', async () => {
  const long = `blobs/${'x'.repeat(200)}`
  const size = Buffer.from('x'.repeat(600))
  const entries: TarEntryOptions[] = [
    { name: 'g', typeFlag: 'g', content: paxRecord('comment', 'as git writes it') },
    { name: 'x', typeFlag: 'x', content: paxRecord('mtime', '1.5') + paxRecord('path', `${long}é`) },
    { name: 'short', content: 'one' },
    { name: 'next', content: 'two' },
    { name: '././@LongLink', typeFlag: 'L', content: `${long}\0` },
    { name: 'short', content: 'three' },
    { name: '././@LongLink', typeFlag: 'K', content: `${long}\0` },
    { name: 'a/layer.tar', typeFlag: '2', linkName: 'short' },
    { name: 'x', typeFlag: 'x', content: paxRecord('size', '600') },
    { name: 'sized', content: size, toldSize: 0 },
    { name: 'last', content: 'four' },
  ]
  expect(await readAll(tarOf(entries))).toEqual([
    [`${long}é`, 'one'],
    ['next', 'two'],
    [long, 'three'],
    ['symlink', 'a/layer.tar', long],
    ['sized', 'x'.repeat(600)],
    ['last', 'four'],
  ])
})

test('a size to the base of 256 and a prefix are read as they are meant', async () => {
  const toldSize = '\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x58'
  const [header = Buffer.alloc(0), ...rest] = tarEntry({ name: 'name', content: 'x'.repeat(600), toldSize })
  header.write('far/away', 345)
  expect(await readAll(Buffer.concat([sealed(header), ...rest, Buffer.alloc(1024)]))).toEqual([
    ['far/away/name', 'x'.repeat(600)],
  ])
  // In GNU's own format other things stand in the prefix's place.
  header.write('ustar  \0', 257)
  expect(await readAll(Buffer.concat([sealed(header), ...rest, Buffer.alloc(1024)]))).toEqual([
    ['name', 'x'.repeat(600)],
  ])
})

test('nothing is read that nobody asked for, and what nobody reads is passed over', async () => {
  const archive = tarOf([
    { name: 'first', content: 'x'.repeat(100_000) },
    { name: 'second', content: 'y' },
  ])
  let takenBytes = 0
  let isClosed = false
  async function* source() {
    try {
      for await (const chunk of inChunks(archive, 512)) {
        takenBytes += chunk.length
        yield chunk
      }
    } finally {
      isClosed = true
    }
  }
  const names: string[] = []
  for await (const entry of readTar(source())) {
    names.push(entry.name)
    if (entry.name === 'first') expect(takenBytes).toBe(512)
    else break
  }
  expect(names).toEqual(['first', 'second'])
  expect(takenBytes).toBeLessThan(archive.length)
  expect(isClosed).toBe(true)
})

import { setImmediate } from 'node:timers/promises'
import { extract, type Header } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { type TarFile, tarLengthBytes, writeTar } from '../../../server/archives/write-tar.ts'
import { readExportedArchive } from '../../support/exported-archive.ts'

const GIB = 1024 ** 3

function fileOf(path: string, content: string): TarFile {
  return {
    path,
    sizeBytes: content.length,
    async *read() {
      yield Buffer.from(content)
    },
  }
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = []
  for await (const chunk of chunks) gathered.push(chunk)
  return Buffer.concat(gathered)
}

describe('an archive', () => {
  test('is read as it was written, whatever the sizes', async () => {
    const files = [fileOf('a', ''), fileOf('b/c', 'x'.repeat(512)), fileOf('d', 'x'.repeat(513))]
    const entries = [...(await readExportedArchive(await gather(writeTar(files)))).values()]
    expect(entries.map(({ header, bytes }) => [header.name, header.size, bytes.length])).toEqual([
      ['a', 0, 0],
      ['b/c', 512, 512],
      ['d', 513, 513],
    ])
  })

  test('says nothing of who made it and when', async () => {
    const [entry] = (await readExportedArchive(await gather(writeTar([fileOf('a', 'text')])))).values()
    expect(entry?.header).toMatchObject({
      uid: 0,
      gid: 0,
      uname: '',
      gname: '',
      mode: 0o644,
      mtime: new Date(0),
      type: 'file',
    })
  })

  test('takes names that are longer than a header has room for', async () => {
    const names = [`blobs/sha512/${'a'.repeat(128)}`, 'n'.repeat(100), 'n'.repeat(101)]
    const archive = await gather(writeTar(names.map((name) => fileOf(name, name))))
    const files = await readExportedArchive(archive)
    expect([...files.keys()]).toEqual(names)
    expect([...files.values()].map(({ bytes }) => bytes.toString())).toEqual(names)
  })

  test.each([8 * GIB - 1, 8 * GIB, 9 * GIB, 3000 * GIB])('takes a file of %i bytes', async (sizeBytes) => {
    const file = { ...fileOf('large', ''), sizeBytes }
    const { value: header } = await writeTar([file]).next()
    const reader = extract()
    const seen = new Promise<Header>((resolve) => reader.on('entry', resolve))
    reader.write(header)
    expect(await seen).toMatchObject({ name: 'large', size: sizeBytes })
    reader.destroy()
  })

  test('has the length that was announced', async () => {
    for (const length of [0, 1, 511, 512, 513, 5000]) {
      const files = [fileOf('short', 'x'.repeat(length)), fileOf('n'.repeat(150), 'x'.repeat(length))]
      expect((await gather(writeTar(files))).length).toBe(tarLengthBytes(files))
    }
  })

  test.each([3, 5])('ends in an error when a file of 4 bytes turns out to have %i', async (sizeBytes) => {
    const lying = { ...fileOf('a', 'x'.repeat(sizeBytes)), sizeBytes: 4 }
    await expect(gather(writeTar([lying]))).rejects.toThrow('were announced')
  })

  test('gives the file back that it was reading when nobody wants the rest', async () => {
    let isClosed = false
    const endless: TarFile = {
      path: 'a',
      sizeBytes: GIB,
      async *read() {
        try {
          for (;;) yield Buffer.alloc(1024)
        } finally {
          await setImmediate()
          isClosed = true
        }
      },
    }
    let chunks = 0
    for await (const _ of writeTar([endless])) {
      chunks += 1
      if (chunks === 5) break
    }
    expect(isClosed).toBe(true)
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { parseManifest } from './image-bytes.ts'

/** `oras` is our own program around the ORAS project's library, see oras/main.go. */
describe.each(transports)('oras over %s', (transport) => {
  let registry: ClientRegistry
  let oras: Client

  const plainHttp = transport === 'http' ? ['-plain-http'] : []
  const name = (repository: string) => `${registry.host}/${repository}`
  const artifact = ['-artifact-type', 'application/vnd.example.report']
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')

  /** Pushes a file as an artifact and attaches a signature and a bill of materials; answers their digests. */
  const pushWithReferrers = async (reference: string) => {
    await writeFile(join(oras.home, 'report.txt'), `report of ${reference}`)
    await writeFile(join(oras.home, 'report.sig'), 'signature')
    await writeFile(join(oras.home, 'report.sbom'), 'bill of materials')
    const attach = (type: string, file: string) =>
      oras.ok(['attach', ...plainHttp, '-artifact-type', type, name(reference), file])
    const subject = await oras.ok(['push', ...plainHttp, ...artifact, name(reference), 'report.txt:text/plain'])
    const signature = await attach('application/vnd.example.signature', 'report.sig:text/plain')
    const sbom = await attach('application/vnd.example.sbom', 'report.sbom:text/plain')
    return { subject: subject.stdout.trim(), signature: signature.stdout.trim(), sbom: sbom.stdout.trim() }
  }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    oras = await registry.client('oras')
    await oras.ok(['login', ...plainHttp, '-u', registry.username, registry.host], registry.rightPassword)
  })
  afterAll(() => registry.stop())

  test('is told at login that its password is wrong', async () => {
    const mistaken = await registry.client('oras')
    const login = ['login', ...plainHttp, '-u', registry.username, registry.host]
    await mistaken.refused(login, registry.wrongPassword)
  })

  test('pushes an artifact and pulls its files back', async () => {
    await writeFile(join(oras.home, 'data.bin'), Buffer.alloc(3_000_000, 7))
    await writeFile(join(oras.home, 'empty'), '')
    const files = ['data.bin:application/octet-stream', 'empty:text/plain']
    const { stdout } = await oras.ok(['push', ...plainHttp, ...artifact, name('oras/files:1'), ...files])
    const pushed = await registry.reader.image('oras/files', '1')
    expect(pushed.digest).toBe(stdout.trim())

    const target = await registry.newDirectory()
    await oras.ok(['pull', ...plainHttp, '-o', target, name('oras/files:1')])
    expect((await readFile(join(target, 'data.bin'))).equals(Buffer.alloc(3_000_000, 7))).toBe(true)
    expect(await readFile(join(target, 'empty'), 'utf8')).toBe('')
  })

  test('finds what is attached to an artifact, by type if it wants', async () => {
    const { subject, signature, sbom } = await pushWithReferrers('oras/attached:1')
    const { stdout: all } = await oras.ok(['discover', ...plainHttp, name('oras/attached:1')])
    expect(lines(all).toSorted()).toEqual(
      [`${signature} application/vnd.example.signature`, `${sbom} application/vnd.example.sbom`].toSorted(),
    )
    const type = ['-artifact-type', 'application/vnd.example.sbom']
    const { stdout: some } = await oras.ok(['discover', ...plainHttp, ...type, name('oras/attached:1')])
    expect(lines(some)).toEqual([`${sbom} application/vnd.example.sbom`])

    // The registry keeps the list itself: the client has not fallen back to a tag of its own.
    expect(await registry.reader.tags('oras/attached')).toEqual(['1'])
    expect((await registry.reader.referrers('oras/attached', subject)).map(({ digest }) => digest).toSorted()).toEqual(
      [signature, sbom].toSorted(),
    )
    const { bytes } = await registry.reader.manifest('oras/attached', signature)
    expect(parseManifest(bytes).subject?.digest).toBe(subject)
  })

  test('copies an artifact with everything attached to it', async () => {
    const { subject, signature, sbom } = await pushWithReferrers('oras/from:1')
    await oras.ok(['copy', ...plainHttp, name('oras/from:1'), name('oras/to:1')])
    const copied = await registry.reader.referrers('oras/to', subject)
    expect(copied.map(({ digest }) => digest).toSorted()).toEqual([signature, sbom].toSorted())
  })

  test('loses sight of an attached artifact when that is deleted', async () => {
    const { signature, sbom } = await pushWithReferrers('oras/deleted:1')
    await oras.ok(['delete', ...plainHttp, name(`oras/deleted@${signature}`)])
    const { stdout } = await oras.ok(['discover', ...plainHttp, name('oras/deleted:1')])
    expect(lines(stdout)).toEqual([`${sbom} application/vnd.example.sbom`])
  })

  test('may not read or write without credentials', async () => {
    await pushWithReferrers('oras/private:1')
    const stranger = await registry.client('oras')
    await writeFile(join(stranger.home, 'file'), 'mine')
    await stranger.refused(['pull', ...plainHttp, name('oras/private:1')])
    await stranger.refused(['tags', ...plainHttp, name('oras/private')])
    await stranger.refused(['push', ...plainHttp, ...artifact, name('oras/private:2'), 'file:text/plain'])
  })
})

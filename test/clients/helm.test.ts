import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { parseManifest } from './image-bytes.ts'

describe.each(transports)('helm over %s', (transport) => {
  let registry: ClientRegistry
  let helm: Client

  const plainHttp = transport === 'http' ? ['--plain-http'] : []
  const chart = (repository: string) => `oci://${registry.host}/${repository}`
  const login = ['registry', 'login', ...plainHttp]

  /** Packs a chart and answers the path of its archive. */
  const packChart = async (version: string) => {
    const directory = await registry.newDirectory()
    await helm.ok(['create', 'shop'], { cwd: directory })
    await helm.ok(['package', '--version', version, 'shop'], { cwd: directory })
    return join(directory, `shop-${version}.tgz`)
  }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    helm = await registry.client('helm')
    await helm.ok([...login, ...registry.loginFlags, registry.host], registry.rightPassword)
  })
  afterAll(() => registry.stop())

  test('is told at login that its password is wrong', async () => {
    const mistaken = await registry.client('helm')
    await mistaken.refused([...login, ...registry.loginFlags, registry.host], registry.wrongPassword)
  })

  test('pushes a chart and pulls it back byte for byte', async () => {
    // A tag cannot hold the plus of a version's build metadata.
    const archive = await packChart('1.2.3+build.4')
    await helm.ok(['push', ...plainHttp, archive, chart('charts')])
    expect(await registry.reader.tags('charts/shop')).toEqual(['1.2.3_build.4'])

    const pushed = await registry.reader.image('charts/shop', '1.2.3_build.4')
    const bytes = await readFile(archive)
    expect([...pushed.parts.values()].some((part) => part.equals(bytes))).toBe(true)
    const manifest = parseManifest((await registry.reader.manifest('charts/shop', pushed.digest)).bytes)
    expect(manifest.config?.mediaType).toBe('application/vnd.cncf.helm.config.v1+json')

    const target = await registry.newDirectory()
    await helm.ok(['pull', ...plainHttp, '--destination', target, '--version', '1.2.3+build.4', chart('charts/shop')])
    expect((await readFile(join(target, 'shop-1.2.3+build.4.tgz'))).equals(bytes)).toBe(true)
  })

  test('finds the newest chart of a range of versions', async () => {
    for (const version of ['1.0.0', '1.9.0', '1.10.0', '2.0.0']) {
      await helm.ok(['push', ...plainHttp, await packChart(version), chart('charts/range')])
    }
    const range = ['--version', '^1.0.0', chart('charts/range/shop')]
    const { stdout } = await helm.ok(['show', 'chart', ...plainHttp, ...range])
    expect(stdout).toMatch(/^version: 1\.10\.0$/m)
  })

  test('renders a chart straight from the registry', async () => {
    await helm.ok(['push', ...plainHttp, await packChart('1.0.0'), chart('charts/render')])
    const { stdout } = await helm.ok(['template', ...plainHttp, 'release', chart('charts/render/shop')])
    expect(stdout).toContain('kind: Deployment')
  })

  test('keeps a provenance file beside the chart', async () => {
    const archive = await packChart('3.0.0')
    await writeFile(`${archive}.prov`, 'signed by nobody\n')
    await helm.ok(['push', ...plainHttp, archive, chart('charts/signed')])
    const target = await registry.newDirectory()
    await helm.ok(['pull', ...plainHttp, '--prov', '--destination', target, chart('charts/signed/shop')])
    expect(await readFile(join(target, 'shop-3.0.0.tgz.prov'), 'utf8')).toBe('signed by nobody\n')
  })

  test('may not read or write without credentials', async () => {
    const archive = await packChart('1.0.0')
    await helm.ok(['push', ...plainHttp, archive, chart('charts/private')])
    const stranger = await registry.client('helm')
    await stranger.refused(['pull', ...plainHttp, chart('charts/private/shop')])
    await stranger.refused(['push', ...plainHttp, archive, chart('charts/private')])
  })
})

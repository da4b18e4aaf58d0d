import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ociLayout, randomImage, tarOf } from '../support/archives.ts'
import { type BrokenLine, openBrokenLine } from '../support/broken-line.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { pull } from '../support/pulled-content.ts'
import { digestOf } from '../support/server.ts'

const LAYERS = 3
const LAYER_BYTES = 3_000_000
const ALL_LAYERS = LAYERS * LAYER_BYTES

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0

const IMAGE = randomImage(LAYERS, LAYER_BYTES)
const LAYER_DIGESTS = IMAGE.layers.map((layer) => digestOf(layer))

let kontor: Kontor
let user: CliUser
let line: BrokenLine
let file: string
let count = 0
/** A repository that nothing was loaded into yet. */
let repository: string

beforeAll(async () => {
  kontor = await startKontor()
  user = await createCliUser()
  file = join(user.home, 'web.tar')
  await writeFile(file, tarOf(ociLayout(IMAGE, '1.2')))
})

beforeEach(async () => {
  line = await openBrokenLine(kontor)
  const auth = Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  const auths = { [kontor.host]: { auth }, [line.host]: { auth } }
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }))
  await rm(transfers(), { recursive: true, force: true })
  count += 1
  repository = `acme/web-${count}`
})

afterEach(async () => {
  await line.close()
})

afterAll(async () => {
  await user?.leave()
  await kontor?.stop()
})

/** Where it is kept what was begun. */
function transfers(): string {
  return join(user.home, '.cache', 'kontor', 'transfers')
}

async function hasTag(tag: string): Promise<boolean> {
  return (await pull(kontor, `/v2/${repository}/manifests/${tag}`)).status === 200
}

describe('kontor load', () => {
  it('goes on within a layer when the connection breaks', async () => {
    line.cutAfter('sent', 4_000_000)
    const result = await user.kontor(['load', file, `${line.host}/${repository}`])
    expect(result).toMatchObject({ code: 0, stdout: `${line.host}/${repository}:1.2@${IMAGE.digest}\n` })
    expect(line.cuts()).toBe(1)
    const resumed = line.requests().filter((head) => /^PATCH [\s\S]*\r\nContent-Range: [1-9]\d+-/i.test(head))
    expect(resumed).toHaveLength(1)
    for (const [index, digest] of LAYER_DIGESTS.entries()) {
      const pulled = await pull(kontor, `/v2/${repository}/blobs/${digest}`)
      expect(Buffer.from(await pulled.arrayBuffer()).equals(IMAGE.layers[index] ?? Buffer.alloc(0))).toBe(true)
    }
  })

  it('says after ^C how to go on, has tagged nothing, and does go on where it was', async () => {
    const stalled = line.stallAfter('sent', 6_000_000)
    const command = ['load', file, `${line.host}/${repository}:2`]
    const first = user.start(command)
    await stalled
    first.interrupt()
    const result = await first.ended
    expect(result).toMatchObject({ code: 130, stdout: '' })
    expect(result.stderr).toContain(
      `error: interrupted; the same command goes on where it was: kontor ${command.join(' ')}\n`,
    )
    expect(await hasTag('2')).toBe(false)
    expect(await readdir(transfers())).toHaveLength(1)

    line.release()
    const before = line.sent()
    expect(await user.kontor(command)).toMatchObject({ code: 0 })
    expect(line.sent() - before).toBeLessThan(ALL_LAYERS - 4_000_000)
    expect(await hasTag('2')).toBe(true)
    expect(await readdir(transfers())).toEqual([])
  })

  it('sends no blob again that is there', async () => {
    await user.kontor(['load', file, `${line.host}/${repository}`])
    const before = line.sent()
    const again = await user.kontor(['load', file, `${line.host}/${repository}:again`])
    expect(again.stdout).toBe(`${line.host}/${repository}:again@${IMAGE.digest}\n`)
    expect(again.stderr).toContain('loaded 1 image (9.00MB; 0 blobs new, 4 there already)')
    expect(line.sent() - before).toBeLessThan(20_000)
  })

  it.skipIf(!HAS_SCRIPT)('shows a bar for each layer on a terminal', async () => {
    const stalled = line.stallAfter('sent', 4_000_000)
    const running = user.start(['load', file, `${line.host}/${repository}`], { isShown: true })
    await stalled
    for (const digest of LAYER_DIGESTS) {
      const name = digest.slice('sha256:'.length, 'sha256:'.length + 12)
      await expect.poll(() => running.shown()).toMatch(new RegExp(`${name} +\\[[=> ]+\\] +\\d+%`))
    }
    line.release()
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    expect(stdout).toContain('loaded 1 image (9.00MB; 4 blobs new, 0 there already)')
  })

  it('refuses a damaged blob, each time anew, and has tagged nothing', async () => {
    const bytes = await readFile(file)
    const [, digest = ''] = LAYER_DIGESTS
    const place = bytes.indexOf(IMAGE.layers[1] ?? '') + LAYER_BYTES - 10
    bytes.writeUInt8((bytes[place] ?? 0) ^ 1, place)
    const damaged = join(user.home, 'damaged.tar')
    await writeFile(damaged, bytes)
    const command = ['load', damaged, `${kontor.host}/${repository}:3`]
    for (const result of [await user.kontor(command), await user.kontor(command)]) {
      expect(result).toMatchObject({ code: 2, stdout: '' })
      expect(result.stderr).toContain(
        `error: ${damaged} cannot be loaded: what it has as ${digest} is something else; it is damaged, make it again (ARCHIVE_INVALID)\n`,
      )
    }
    expect(await hasTag('3')).toBe(false)
  })
})

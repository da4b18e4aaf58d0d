import { execFile, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BrokenLine, openBrokenLine } from '../support/broken-line.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { pushSignedImage, type SignedImage } from '../support/signed-image.ts'

const LAYER_BYTES = 2_000_000

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0
const HAS_PODMAN = spawnSync('podman', ['--version']).status === 0

const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname
/** What a command is started through that may mount what nobody else sees. */
const APART = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c'] as const
const MAY_MOUNT = spawnSync(APART[0], [...APART.slice(1), 'mount -t tmpfs -o size=1m tmpfs /tmp']).status === 0

let kontor: Kontor
let line: BrokenLine
let user: CliUser
let image: SignedImage
let folder: string

beforeAll(async () => {
  kontor = await startKontor()
  line = await openBrokenLine(kontor)
  user = await createCliUser()
  const auth = Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  const auths = { [kontor.host]: { auth }, [line.host]: { auth } }
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }))
  image = await pushSignedImage({ url: kontor.url, login: kontor }, 'acme/web', '1.2', { layerBytes: LAYER_BYTES })
})

beforeEach(async () => {
  folder = join(user.home, 'archives')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
})

afterAll(async () => {
  await user?.leave()
  await line?.close()
  await kontor?.stop()
})

async function saved(...flags: readonly string[]): Promise<string> {
  const file = join(folder, 'saved.tar')
  expect(await user.kontor(['save', ...flags, `${kontor.host}/acme/web:1.2`, '-o', file])).toMatchObject({ code: 0 })
  return file
}

function listed(file: string): readonly string[] {
  return spawnSync('tar', ['tf', file]).stdout.toString().trim().split('\n')
}

function within(file: string, path: string): unknown {
  return JSON.parse(spawnSync('tar', ['xOf', file, path]).stdout.toString())
}

describe('kontor save', () => {
  it('writes an image layout that names the image and has everything', async () => {
    const file = join(folder, 'web.tar')
    const result = await user.kontor(['save', `${kontor.host}/acme/web:1.2`, '-o', file])
    expect(result).toMatchObject({ code: 0, stdout: `${file}\n` })
    expect(result.stderr.replace(/in [\d.]+ s/, 'in a moment')).toBe(
      `saving ${kontor.host}/acme/web:1.2\nsaved 6.01MB in a moment\n` +
        'docker load before version 25 takes images for one platform only; --platform chooses one\n',
    )
    const entries = listed(file)
    expect(entries.slice(0, 2)).toEqual(['oci-layout', 'index.json'])
    expect(entries).toContain(`blobs/sha256/${image.arm64.slice('sha256:'.length)}`)
    expect(entries).not.toContain(`blobs/sha256/${image.signature.slice('sha256:'.length)}`)
    expect(within(file, 'index.json')).toMatchObject({
      manifests: [
        {
          digest: image.index,
          annotations: {
            'org.opencontainers.image.ref.name': '1.2',
            'io.containerd.image.name': `${kontor.host}/acme/web:1.2`,
          },
        },
      ],
    })
    expect(await readdir(folder)).toEqual(['web.tar'])
  })

  it('takes signatures and SBOMs along when told so', async () => {
    const entries = listed(await saved('--referrers'))
    for (const digest of image.manifests) expect(entries).toContain(`blobs/sha256/${digest.slice('sha256:'.length)}`)
  })

  it('streams the same archive into a pipe', async () => {
    const file = await saved()
    const piped = spawnSync('sh', ['-c', 'tar tf -'], { input: await readFile(file) })
    const result = await user.kontor(['save', '--progress', 'none', `${kontor.host}/acme/web:1.2`, '-o', '-'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout.length).toBeGreaterThan(LAYER_BYTES)
    expect(piped.stdout.toString().trim().split('\n')).toEqual(listed(file))
  })

  it.skipIf(!HAS_PODMAN)('writes what podman loads, for one platform', async () => {
    const file = await saved('--platform', 'linux/amd64')
    const store = join(user.home, 'podman')
    const flags = ['--root', store, '--runroot', join(store, 'run'), '--storage-driver', 'vfs']
    const loaded = spawnSync('podman', [...flags, 'load', '-i', file])
    expect(loaded.stdout.toString()).toBe(`Loaded image: ${kontor.host}/acme/web:1.2\n`)
  })

  it('goes on within a layer when the connection breaks', async () => {
    line.cutAfter('received', 3_000_000)
    const file = join(folder, 'web.tar')
    expect(await user.kontor(['save', `${line.host}/acme/web:1.2`, '-o', file])).toMatchObject({ code: 0 })
    const ranges = line.requests().filter((head) => /\r\nRange: bytes=[1-9]\d+-/i.test(head))
    expect(ranges).toHaveLength(1)
    for (const digest of [image.index, image.amd64]) {
      expect(within(file, `blobs/sha256/${digest.slice('sha256:'.length)}`)).toMatchObject({ schemaVersion: 2 })
    }
  })

  it.skipIf(!HAS_SCRIPT)('shows bars on a terminal, says after ^C how to go on, and does go on', async () => {
    const file = join(folder, 'web.tar')
    const stalled = line.stallAfter('received', 4_000_000)
    const first = user.start(['save', `${line.host}/acme/web:1.2`, '-o', file], { isShown: true })
    await stalled
    // Two redraws later the bars stand where the bytes are.
    await expect.poll(() => first.shown()).toMatch(/\[=+>? *\]/)
    first.interrupt()
    const { code, stdout } = await first.ended
    expect(code).toBe(130)
    expect(stdout).toContain(
      `interrupted; the same command goes on where it was: kontor save -o ${file} ${line.host}/acme/web:1.2`,
    )
    expect((await readdir(folder)).sort()).toEqual(['web.tar.part', 'web.tar.part.json'])

    line.release()
    const before = line.received()
    const second = await user.kontor(['save', `${line.host}/acme/web:1.2`, '-o', file])
    expect(second).toMatchObject({ code: 0 })
    expect(second.stderr).toMatch(/of which [\d.]+MB were there already/)
    expect(line.received() - before).toBeLessThan(3 * LAYER_BYTES - 1_000_000)
    expect(await readFile(file)).toHaveLength((await stat(file)).size)
    expect(await user.kontor(['load', file, 'acme/again:1', '-s', kontor.host])).toMatchObject({
      code: 0,
      stdout: `${kontor.host}/acme/again:1@${image.index}\n`,
    })
  })

  it.skipIf(!MAY_MOUNT)('says how to go on when the disk is full, and does go on once there is room', async () => {
    const script = [
      'mount -t tmpfs -o size=3m tmpfs "$0"',
      '"$1" "$2" save "$3" -o "$0/web.tar"; echo "ended with $?"; ls "$0"',
      'mount -o remount,size=30m "$0"',
      '"$1" "$2" save "$3" -o "$0/web.tar"; echo "ended with $?"; ls "$0"; cp "$0/web.tar" "$4"',
    ].join('\n')
    const kept = join(user.home, 'kept.tar')
    const [command, ...through] = APART
    const image = `${kontor.host}/acme/web:1.2`
    const env = { ...process.env, DOCKER_CONFIG: user.dockerConfig, HOME: user.home }
    const arguments_ = [...through, script, folder, process.execPath, PROGRAM, image, kept]
    const ran = await promisify(execFile)(command, arguments_, { env })
    const file = join(folder, 'web.tar')
    expect(ran.stdout).toBe(`ended with 1\nweb.tar.part\nweb.tar.part.json\n${file}\nended with 0\nweb.tar\n`)
    const said = ran.stderr
    expect(said).toContain(`there is no room on the disk for the rest of ${file} (ENOSPC); the same command goes on`)
    expect(said).toMatch(/saved 6.01MB, of which [\d.]+[kM]B were there already/)
    expect((await readFile(kept)).equals(await readFile(await saved()))).toBe(true)
  })

  it('finds out what was damaged in a part that it goes on with', async () => {
    const file = await saved()
    const good = await readFile(file)
    const plan = join(folder, 'other.tar')
    // An interrupted call of the same archive, whose bytes the disk has lost since.
    const stalled = line.stallAfter('received', 4_000_000)
    const first = user.start(['save', `${line.host}/acme/web:1.2`, '-o', plan])
    await stalled
    first.interrupt()
    await first.ended
    line.release()
    const { size } = await stat(`${plan}.part`)
    await writeFile(`${plan}.part`, Buffer.alloc(size, 7))
    expect(await user.kontor(['save', `${line.host}/acme/web:1.2`, '-o', plan])).toMatchObject({ code: 0 })
    expect((await readFile(plan)).length).toBe(good.length)
    expect(await user.kontor(['load', plan, 'acme/mended:1', '-s', kontor.host])).toMatchObject({ code: 0 })
  })

  it('refuses with the code for the reason', async () => {
    const file = join(folder, 'no.tar')
    expect(await user.kontor(['save', `${kontor.host}/acme/nothing`, '-o', file])).toMatchObject({ code: 3 })
    expect(await user.kontor(['save', `${kontor.host}/acme/web:1.2`])).toMatchObject({ code: 2 })
    const nowhere = await user.kontor(['save', `${kontor.host}/acme/web:1.2`, '-o', join(folder, 'no', 'no.tar')])
    expect(nowhere).toMatchObject({ code: 1 })
    expect(nowhere.stderr).toContain('cannot be written')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('kontor load', () => {
  it('brings an archive in where it says itself that it belongs', async () => {
    const file = await saved()
    const result = await user.kontor(['load', file, '-s', kontor.host])
    expect(result).toMatchObject({ code: 0, stdout: `${kontor.host}/acme/web:1.2@${image.index}\n` })
    expect(result.stderr.replace(/in [\d.]+ s/, 'in a moment')).toBe(
      `loading ${file} into ${kontor.host}/acme/web\nloaded 1 image (6.01MB; 0 blobs new, 5 there already) in a moment\n`,
    )
  })

  it('brings it in under another name, from a pipe, too', async () => {
    const file = await saved()
    const shell = `'${process.execPath}' '${PROGRAM}' load - ${kontor.host}/acme/piped:3 < '${file}'`
    const env = { ...process.env, DOCKER_CONFIG: user.dockerConfig, HOME: user.home }
    const piped = spawnSync('sh', ['-c', shell], { env })
    expect(piped.stdout.toString()).toBe(`${kontor.host}/acme/piped:3@${image.index}\n`)
  })

  it('refuses with the code for the reason', async () => {
    const server = ['-s', kontor.host]
    const damaged = join(folder, 'damaged.tar')
    await writeFile(damaged, 'this is no archive'.repeat(100))
    expect(await user.kontor(['load', join(folder, 'none.tar'), ...server])).toMatchObject({ code: 3 })
    expect(await user.kontor(['load', '-', ...server])).toMatchObject({ code: 2 })
    expect(await user.kontor(['load', damaged, ...server])).toMatchObject({ code: 2 })
    expect(await user.kontor(['load', damaged, 'acme/damaged:1', ...server])).toMatchObject({ code: 2 })
    const stranger = await createCliUser()
    const refused = await stranger.kontor(['load', await saved(), 'acme/web:2', ...server])
    expect(refused.code).toBeGreaterThan(2)
    await stranger.leave()
  })
})

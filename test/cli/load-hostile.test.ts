import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../cli/exit-codes.ts'
import {
  archivedImage,
  archivedIndex,
  blobName,
  indexEntry,
  LAYOUT_FILE,
  ociLayout,
  refName,
  type TarEntryOptions,
  tarOf,
} from '../support/archives.ts'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { pull } from '../support/pulled-content.ts'
import { digestOf } from '../support/server.ts'

const WEB = archivedImage('web')
const DB = archivedImage('db')

let kontor: Kontor
let user: CliUser

beforeAll(async () => {
  kontor = await startKontor()
  user = await createLoggedIn(kontor)
})

afterAll(async () => {
  await user?.leave()
  await kontor?.stop()
})

/** A layout with an index of an index of an index …; the innermost names nothing. */
function nested(): readonly TarEntryOptions[] {
  const indexes = [archivedIndex([])]
  for (let depth = 0; depth < 100; depth += 1) indexes.unshift(archivedIndex(indexes.slice(0, 1)))
  const [outermost = archivedIndex([])] = indexes
  return [
    LAYOUT_FILE,
    indexEntry([{ image: outermost, annotations: refName('1') }]),
    ...indexes.map(({ manifest }) => ({ name: blobName(manifest), content: manifest })),
  ]
}

describe('an archive that is not what it says', () => {
  const web = ociLayout(WEB, '1')
  const [layer = Buffer.alloc(0)] = WEB.layers
  const without = (name: string) => web.filter((entry) => entry.name !== name)
  const manifest = JSON.parse(WEB.manifest)

  it.each<[string, readonly TarEntryOptions[] | Buffer, RegExp]>([
    ['without a layer', without(blobName(layer)), /neither it nor the repository has sha256:[0-9a-f]{64}/],
    ['without its manifest', without(blobName(WEB.manifest)), /index.json names sha256:/],
    ['cut off', tarOf(web).subarray(0, 9000), /the archive is cut off/],
    ['without an end', tarOf(web, { hasEnd: false }), /the archive is cut off/],
    ['followed by another', Buffer.concat([tarOf(web), tarOf(web)]), /something follows the end of the archive/],
    ['with a name twice', [...web, ...web], /is there twice/],
    ['with a name that leads out', [...web, { name: '../../etc/passwd' }], /names must be relative/],
    ['with a link', [...web, { name: 'blobs/link', typeFlag: '2', linkName: '/etc/passwd' }], /is a link to/],
    ['with a size that is no number', [...web, { name: 'more', toldSize: 'x' }], /the size of "more" is no number/],
    ['with a size beyond its end', [...web, { name: 'more', toldSize: 1e9 }], /the archive is cut off/],
    [
      'with a manifest that is something else',
      [...without(blobName(WEB.manifest)), { name: blobName(WEB.manifest), content: DB.manifest }],
      /is damaged, make it again/,
    ],
    [
      'with a size that is another',
      (() => {
        const layers = manifest.layers.map((each: object) => ({ ...each, size: 1 }))
        const lying = { ...WEB, manifest: JSON.stringify({ ...manifest, layers }) }
        return ociLayout({ ...lying, digest: digestOf(lying.manifest) }, '1')
      })(),
      /is not as long as what refers to it says/,
    ],
    ['with indexes within each other without end', nested(), /more than 32 manifests within each other/],
    ['of another version', [{ ...LAYOUT_FILE, content: '{}' }, ...web.slice(1)], /version of the layout must be 1.0.0/],
    ['that is no image', [{ name: 'etc/passwd', content: 'root' }], /neither index.json nor manifest.json/],
  ])('is refused: %s', async (_name, content, reason) => {
    const file = join(user.home, 'hostile.tar')
    await writeFile(file, Buffer.isBuffer(content) ? content : tarOf(content))
    const refused = await user.kontor(['load', file, 'hostile/web:1'])
    expect(refused.stdout).toBe('')
    expect([EXIT.error, EXIT.usage]).toContain(refused.code)
    expect(refused.stderr).toMatch(reason)
    expect((await pull(kontor, '/v2/hostile/web/manifests/1')).status).toBe(404)
  })
})

import { randomBytes } from 'node:crypto'
import { type Descriptor, MANIFEST_TYPE, openRegistryClient, type RegistryClient } from '../load/registry-client.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { pushScope } from './scopes.ts'
import type { Stock } from './stock.ts'

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'
const LAYERS = 4
const LAYER_BYTES = 4096

/** An image of some layers, whose manifest has about the 900 bytes that most have. */
export interface PushedImage {
  readonly repository: string
  readonly tag: string
  readonly manifest: Descriptor
  readonly layer: Descriptor
}

export function pushedImage(stock: Stock): Promise<PushedImage> {
  return stock.remember('image', async () => {
    const repository = `${ORGANIZATION}/image`
    const tag = 'v1'
    const client = await openRegistryClient(stock.server, await stock.server.authorize(pushScope(repository)))
    const { config, layers } = await pushBlobs(client, repository, LAYERS, LAYER_BYTES)
    const manifest = await client.pushManifest(repository, imageManifest(config, layers), tag)
    client.close()
    const [layer] = layers
    if (layer === undefined) throw new Error('an image has no layers')
    return { repository, tag, manifest, layer }
  })
}

/** Pushes what an image is made of, all of it new. */
export async function pushBlobs(
  client: RegistryClient,
  repository: string,
  count: number,
  bytes: number,
): Promise<{ readonly config: Descriptor; readonly layers: readonly Descriptor[] }> {
  const layers: Descriptor[] = []
  for (let made = 0; made < count; made++) {
    layers.push(await client.pushBytes(repository, LAYER_TYPE, randomBytes(bytes)))
  }
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) }
  const configuration = { architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/sh'] }, rootfs }
  const config = await client.pushBytes(repository, CONFIG_TYPE, Buffer.from(JSON.stringify(configuration)))
  return { config, layers }
}

/** @param more what else the manifest says. */
export function imageManifest(
  config: Descriptor,
  layers: readonly Descriptor[],
  more: Readonly<Record<string, unknown>> = {},
): unknown {
  return { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers, ...more }
}

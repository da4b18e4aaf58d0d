import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImageBytes, parseManifest, readImageBytes } from './image-bytes.ts'
import { describeRun, run } from './run.ts'
import { clientsCacheDirectory, installHint, requireTool } from './tools.ts'

/**
 * The images that the tests push, made by buildah from real files:
 *
 * - `two-platforms`: an index of two images with a shared layer (busybox) and a layer of their own
 * - `busybox`: its image for linux/amd64, two layers, 1 MB
 * - `debian`: a whole Debian system of more than 100 MB in one gzipped layer
 */
export type SampleImageName = 'two-platforms' | 'busybox' | 'debian'

/** An image in an OCI layout directory, under the tag `latest`. */
export interface SampleImage {
  /** The layout directory. */
  directory: string
  /** How skopeo, podman and buildah call it. */
  reference: string
  /** The digest of its manifest or index. */
  digest: string
  bytes: ImageBytes
}

/** Raise it when a recipe below changes, so that images kept from earlier runs are not used again. */
const recipeVersion = 1

const recipes: Record<SampleImageName, (workshop: Workshop) => Promise<void>> = {
  'two-platforms': buildTwoPlatforms,
  busybox: pickBusybox,
  debian: buildDebian,
}

/** A place to build in. */
interface Workshop {
  /** An empty directory that is removed afterwards. */
  directory: string
  /** The layout directory to make. */
  target: string
}

/**
 * A sample image, built on the first call and kept in the cache directory.
 * Throws when a tool that builds it is missing or fails.
 */
export async function sampleImage(name: SampleImageName): Promise<SampleImage> {
  const directory = join(clientsCacheDirectory(), `images-${recipeVersion}`, name)
  if (!(await exists(directory))) await build(name, directory)
  return await readLayout(directory)
}

/** Reads the only image of an OCI layout directory. Throws when the layout is damaged or holds another number. */
export async function readLayout(directory: string): Promise<SampleImage> {
  const index = parseManifest(await readFile(join(directory, 'index.json')))
  const [top, ...others] = index.manifests ?? []
  if (top === undefined || others.length > 0) throw new Error(`${directory} does not hold exactly one image.`)
  const part = (digest: string) => readFile(join(directory, 'blobs', digest.replace(':', '/')))
  const bytes = await readImageBytes(top.digest, { manifest: part, blob: part })
  return { directory, reference: `oci:${directory}:latest`, digest: top.digest, bytes }
}

/**
 * Writes an image as an archive in `directory` and returns its path. `docker load` takes the format
 * `docker-archive` and gives the image the name `reference`; containerd takes `oci-archive`, with every byte kept.
 */
export async function writeArchive(
  image: SampleImage,
  format: 'docker-archive' | 'oci-archive',
  reference: string,
  directory: string,
): Promise<string> {
  const archive = join(directory, 'image.tar')
  const platforms = format === 'oci-archive' ? ['--all'] : []
  await tool(directory, 'skopeo', ['copy', ...platforms, image.reference, `${format}:${archive}:${reference}`])
  return archive
}

/** Makes a layer of one small file in `directory` and returns the path of its tar archive. */
export async function makeLayer(directory: string, content: string): Promise<string> {
  const archive = join(directory, 'layer.tar')
  await writeFile(join(directory, 'greeting'), content)
  await tool(directory, 'tar', ['--create', '--file', archive, 'greeting'])
  return archive
}

async function build(name: SampleImageName, directory: string): Promise<void> {
  await mkdir(join(directory, '..'), { recursive: true })
  // Beside the finished image: only within one file system does it appear whole or not at all.
  const unfinished = await mkdtemp(`${directory}.unfinished-`)
  const workshop = await mkdtemp(join(tmpdir(), 'kontor-image-'))
  try {
    const target = join(unfinished, 'layout')
    await recipes[name]({ directory: workshop, target })
    await rename(target, directory)
  } finally {
    await rm(workshop, { recursive: true, force: true })
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function buildTwoPlatforms({ directory, target }: Workshop): Promise<void> {
  const context = join(directory, 'context')
  const binaries = join(context, 'root', 'bin')
  await mkdir(binaries, { recursive: true })
  await copyFile(requireTool('busybox'), join(binaries, 'busybox'))
  for (const applet of ['cat', 'ls', 'sh']) await symlink('busybox', join(binaries, applet))
  for (const architecture of ['amd64', 'arm64']) {
    await writeFile(join(context, `platform-${architecture}`), `${architecture}\n`)
  }
  const recipe = ['FROM scratch', 'ARG TARGETARCH', 'COPY root /', 'COPY platform-$TARGETARCH /etc/platform']
  await writeFile(join(context, 'Containerfile'), [...recipe, 'CMD ["/bin/sh"]', ''].join('\n'))

  const platforms = ['--platform', 'linux/amd64,linux/arm64', '--manifest', 'two-platforms']
  await buildah(directory, ['build', '--layers', '--format', 'oci', ...platforms, context])
  await buildah(directory, ['manifest', 'push', '--all', 'two-platforms', `oci:${directory}/plain:latest`])
  await compress(directory, `oci:${directory}/plain:latest`, target)
}

async function pickBusybox({ directory, target }: Workshop): Promise<void> {
  const index = await sampleImage('two-platforms')
  const choice = ['--override-os', 'linux', '--override-arch', 'amd64']
  await tool(directory, 'skopeo', [...choice, 'copy', index.reference, `oci:${target}:latest`])
}

async function buildDebian({ directory, target }: Workshop): Promise<void> {
  const rootFileSystem = join(clientsCacheDirectory(), 'debian')
  if (!(await exists(rootFileSystem))) throw new Error(`${rootFileSystem} does not exist. ${installHint}`)
  const recipe = join(directory, 'Containerfile')
  await writeFile(recipe, 'FROM scratch\nCOPY . /\nCMD ["/bin/bash"]\n')
  const plain = `oci:${directory}/plain:latest`
  await buildah(directory, ['build', '--format', 'oci', '--file', recipe, '--tag', 'debian', rootFileSystem])
  await buildah(directory, ['push', 'debian', plain])
  await compress(directory, plain, target)
}

/** Clients compress uncompressed layers on the way, each in its own manner; compressed ones they leave alone. */
async function compress(directory: string, from: string, target: string): Promise<void> {
  await tool(directory, 'skopeo', ['copy', '--all', '--dest-compress', from, `oci:${target}:latest`])
}

async function buildah(directory: string, args: readonly string[]): Promise<void> {
  const storage = ['--root', join(directory, 'storage'), '--runroot', join(directory, 'run')]
  await tool(directory, 'buildah', [...storage, '--storage-driver', 'vfs', ...args])
}

async function tool(directory: string, name: string, args: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, BUILDAH_ISOLATION: 'chroot' }
  const result = await run(requireTool(name), args, { env, cwd: directory })
  if (result.exitCode !== 0) throw new Error(describeRun(result))
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

import { readPlatform } from '../../../oci/platform.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import type { Cli } from '../run.ts'
import { childFor, type ImageOptions, type OpenImage, openImage } from './describe-image.ts'
import type { DescribedImage, DescribedLayer } from './described-image.ts'

const COLUMNS: readonly Column<DescribedLayer>[] = [
  {
    heading: 'LAYER',
    key: 'digest',
    value: ({ digest }) => digest,
    show: ({ digest }) => shortDigest(digest),
    style: () => 'strong',
  },
  {
    heading: 'SIZE',
    key: 'sizeBytes',
    value: ({ sizeBytes }) => sizeBytes,
    show: ({ sizeBytes }) => size(sizeBytes),
    align: 'right',
  },
  {
    heading: 'MADE BY',
    key: 'createdBy',
    value: ({ createdBy, title }) => createdBy ?? title,
    show: ({ createdBy, title }) => stepText(createdBy) ?? title ?? '',
    isElastic: true,
  },
]

/** `kontor image layers <image>`. */
export async function listLayers(cli: Cli, name: string, options: ImageOptions & ListOptions): Promise<void> {
  const image = await openImage(cli, name, options)
  const { layers } = await oneOf(cli, image, await image.describeChosen())
  await printList(
    cli.terminal,
    { rows: each(layers), columns: COLUMNS, name: ({ digest }) => digest, items: 'layers' },
    options,
  )
}

/**
 * The image itself, or, of an index, the one that this machine would most likely run: nobody should have to say it for an
 * image that is there for one platform only.
 */
export async function oneOf(cli: Cli, image: OpenImage, described: DescribedImage): Promise<DescribedImage> {
  const images = described.manifests.filter(({ kind }) => kind === 'image')
  if (described.manifests.length === 0) return described
  const [only] = images
  if (only === undefined) {
    throw new CliError('it is an index without an image', {
      exitCode: EXIT.usage,
      hint: 'name one of its manifests by its digest',
    })
  }
  if (images.length === 1) return image.describe(only.digest)
  const usual = { os: 'linux', architecture: architectureHere() }
  const fitting = images.some(({ platform }) => platform?.startsWith(`${usual.os}/${usual.architecture}`))
  const chosen = fitting ? childFor(described, usual, '') : only
  const platform = chosen.platform === null ? undefined : readPlatform(chosen.platform)
  cli.terminal.note(
    `this is the one for ${platform === undefined ? chosen.digest : chosen.platform}; --platform chooses another`,
  )
  return image.describe(chosen.digest)
}

/** In Go's words, which platforms are written in. */
function architectureHere(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}

/** A build step without what every tool writes before it. */
function stepText(createdBy: string | null): string | undefined {
  return createdBy
    ?.replace(/^\/bin\/sh -c (#\(nop\) +)?/, '')
    .replace(/\s+# buildkit$/, '')
    .replace(/\s+/g, ' ')
    .trim()
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import type { Cli } from '../run.ts'
import { openImage } from './describe-image.ts'
import type { DescribedImage } from './described-image.ts'

/** What an image takes, for one platform or, last, all together. */
interface SizeRow {
  /** `all` for the whole of an index. */
  readonly platform: string
  readonly digest: string
  /** What pulling it takes. */
  readonly pulledBytes: number
  /**
   * Of one platform, what no other platform of the image has; of the whole, what no other tag of the repository needs.
   * Null where the registry does not know.
   */
  readonly uniqueBytes: number | null
  readonly sharedBytes: number | null
  readonly layers: number
}

const bytes = (
  heading: string,
  key: keyof SizeRow & ('pulledBytes' | 'uniqueBytes' | 'sharedBytes'),
): Column<SizeRow> => ({
  heading,
  key,
  value: (row) => row[key],
  show: (row) => (row[key] === null ? '' : size(row[key])),
  align: 'right',
})

const COLUMNS: readonly Column<SizeRow>[] = [
  { heading: 'PLATFORM', key: 'platform', value: ({ platform }) => platform, style: () => 'strong' },
  { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest, show: ({ digest }) => shortDigest(digest) },
  { heading: 'LAYERS', key: 'layers', value: ({ layers }) => layers, align: 'right' },
  bytes('SIZE', 'pulledBytes'),
  bytes('UNIQUE', 'uniqueBytes'),
  bytes('SHARED', 'sharedBytes'),
]

/** `kontor image size <image>`. */
export async function listSizes(
  cli: Cli,
  name: string,
  options: ListOptions & { readonly server?: string },
): Promise<void> {
  const { server } = options
  const image = await openImage(cli, name, server === undefined ? {} : { server })
  const described = await image.describeChosen()

  const children = described.manifests.filter(({ kind, pulledBytes }) => kind === 'image' && pulledBytes !== null)
  const images = await Promise.all(children.map(({ digest }) => image.describe(digest)))

  async function* rows(): AsyncGenerator<SizeRow> {
    for (const [index, child] of images.entries()) {
      const others = blobsOf(images.filter((other) => other !== child))
      const own = [...blobsOf([child])].filter(([digest]) => !others.has(digest))
      const uniqueBytes = own.reduce((sum, [, bytes]) => sum + bytes, 0)
      const platform = children[index]?.platform ?? child.platforms[0] ?? 'unknown'
      yield { ...rowOf(child, platform), uniqueBytes, sharedBytes: child.pulledBytes - uniqueBytes }
    }
    if (images.length === 0) yield rowOf(described, described.platforms[0] ?? described.kind)
    else {
      const layers = new Set(images.flatMap((child) => child.layers.map(({ digest }) => digest)))
      const pulledBytes = described.usage?.bytes ?? sumOf(blobsOf([described, ...images]))
      yield { ...rowOf(described, 'all'), pulledBytes, layers: layers.size }
    }
  }

  await printList(
    cli.terminal,
    { rows: rows(), columns: COLUMNS, name: ({ digest }) => digest, items: 'platforms' },
    options,
  )
}

function rowOf({ digest, pulledBytes, usage, layers }: DescribedImage, platform: string): SizeRow {
  return {
    platform,
    digest,
    pulledBytes,
    uniqueBytes: usage?.uniqueBytes ?? null,
    sharedBytes: usage?.sharedBytes ?? null,
    layers: layers.length,
  }
}

/** Everything that images consist of, what they share once. */
function blobsOf(images: readonly DescribedImage[]): ReadonlyMap<string, number> {
  const blobs = new Map<string, number>()
  for (const { digest, sizeBytes, config, layers } of images) {
    blobs.set(digest, sizeBytes)
    if (config !== null) blobs.set(config.digest, config.sizeBytes)
    for (const layer of layers) blobs.set(layer.digest, layer.sizeBytes)
  }
  return blobs
}

function sumOf(blobs: ReadonlyMap<string, number>): number {
  return [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0)
}

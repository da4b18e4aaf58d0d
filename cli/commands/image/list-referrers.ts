import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import type { Cli } from '../run.ts'
import { type ImageOptions, type OpenImage, openImage } from './describe-image.ts'
import type { DescribedImage, DescribedReferrer } from './described-image.ts'

/** What refers to an image, with how far it is from it: 1 for what refers to it directly. */
interface Referrer extends DescribedReferrer {
  readonly depth: number
  /** What it refers to. */
  readonly of: string
}

/** What refers to what refers to … an image: deeper than anybody builds. */
const MAX_DEPTH = 10

const COLUMNS: readonly Column<Referrer>[] = [
  {
    heading: 'REFERRER',
    key: 'digest',
    value: ({ digest }) => digest,
    show: ({ digest, depth }) => `${'  '.repeat(depth - 1)}${depth > 1 ? '└ ' : ''}${shortDigest(digest)}`,
    style: () => 'strong',
  },
  { heading: 'KIND', key: 'kind', value: ({ kind }) => kind },
  { heading: 'TYPE', key: 'artifactType', value: ({ artifactType }) => artifactType, isElastic: true },
  {
    heading: 'SIZE',
    key: 'sizeBytes',
    value: ({ sizeBytes }) => sizeBytes,
    show: ({ sizeBytes }) => size(sizeBytes),
    align: 'right',
  },
  { heading: 'OF', key: 'of', value: (row) => row.of, show: (row) => shortDigest(row.of) },
]

/** `kontor image refs <image>`: each below what it refers to. */
export async function listReferrers(cli: Cli, name: string, options: ImageOptions & ListOptions): Promise<void> {
  const image = await openImage(cli, name, options)
  const described = await image.describeChosen()
  const rows = walk(image, described, 1, new Set([described.digest]))
  await printList(cli.terminal, { rows, columns: COLUMNS, name: ({ digest }) => digest, items: 'referrers' }, options)
  const { items, all } = described.referrers
  if (all !== null)
    cli.terminal.note(`more than these ${items.length} refer to it; ${new URL(all, image.repository.url)} has them all`)
}

async function* walk(
  image: OpenImage,
  subject: DescribedImage,
  depth: number,
  seen: Set<string>,
): AsyncGenerator<Referrer> {
  for (const referrer of subject.referrers.items) {
    if (seen.has(referrer.digest)) continue
    seen.add(referrer.digest)
    yield { ...referrer, depth, of: subject.digest }
    if (depth < MAX_DEPTH) yield* walk(image, await image.describe(referrer.digest), depth + 1, seen)
  }
  // Those of the images of an index are asked for by its name, too: most signatures are of the index, most SBOMs are not.
  for (const child of subject.manifests) {
    if (seen.has(child.digest) || child.kind !== 'image' || child.pulledBytes === null) continue
    seen.add(child.digest)
    yield* walk(image, await image.describe(child.digest), depth, seen)
  }
}

import { EXIT } from '../../exit-codes.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import type { Style } from '../../terminal/terminal.ts'
import type { Cli } from '../run.ts'
import { type ImageOptions, openImage } from './describe-image.ts'
import type { DescribedImage } from './described-image.ts'
import { oneOf } from './list-layers.ts'

/** One way in which two images differ. */
interface Difference {
  readonly change: 'added' | 'removed' | 'changed' | 'shared'
  /** `env`, `label`, `layer`, `size` … */
  readonly what: string
  readonly name: string
  /** In the first image; null where it has none. */
  readonly before: string | null
  /** In the other image. */
  readonly after: string | null
}

const STYLES = { added: 'good', removed: 'bad', changed: 'warning', shared: 'faint' } as const satisfies Record<
  string,
  Style
>

const COLUMNS: readonly Column<Difference>[] = [
  { heading: 'CHANGE', key: 'change', value: ({ change }) => change, style: ({ change }) => STYLES[change] },
  { heading: 'WHAT', key: 'what', value: ({ what }) => what },
  {
    heading: 'NAME',
    key: 'name',
    value: ({ name }) => name,
    show: ({ what, name }) => (what === 'layer' ? shortDigest(name) : name),
    isElastic: true,
  },
  {
    heading: 'BEFORE',
    key: 'before',
    value: ({ before }) => before,
    show: (row) => shownValue(row, row.before),
    isElastic: true,
  },
  {
    heading: 'AFTER',
    key: 'after',
    value: ({ after }) => after,
    show: (row) => shownValue(row, row.after),
    isElastic: true,
  },
]

/** `kontor image diff <image> <other>`: of indexes, the images for one platform are compared. */
export async function diffImages(
  cli: Cli,
  name: string,
  other: string,
  options: ImageOptions & ListOptions & { readonly exitCode?: boolean },
): Promise<void> {
  const [before, after] = [await read(name), await read(other)]
  const differences = before.digest === after.digest ? [] : compare(before, after)
  const rows = each(differences)
  await printList(cli.terminal, { rows, columns: COLUMNS, name: ({ name }) => name, items: 'differences' }, options)
  if (options.exitCode && differences.some(({ change }) => change !== 'shared')) process.exitCode = EXIT.error

  async function read(text: string): Promise<DescribedImage> {
    const image = await openImage(cli, text, options)
    return oneOf(cli, image, await image.describeChosen())
  }
}

function compare(before: DescribedImage, after: DescribedImage): readonly Difference[] {
  const values = (image: DescribedImage): Readonly<Record<string, string | null>> => ({
    digest: image.digest,
    platform: image.platforms.join(',') || null,
    entrypoint: listText(image.config?.entrypoint),
    command: listText(image.config?.cmd),
    user: image.config?.user ?? null,
    folder: image.config?.workingDir ?? null,
    'stop signal': image.config?.stopSignal ?? null,
    created: image.config?.createdAt ?? null,
  })
  const layersOf = (image: DescribedImage) =>
    new Map(image.layers.map(({ digest, sizeBytes }) => [digest, String(sizeBytes)]))
  const kept = (image: DescribedImage) =>
    new Map(Object.entries(values(image)).filter((entry): entry is [string, string] => entry[1] !== null))
  return [
    ...differencesOf('image', kept(before), kept(after)),
    ...differencesOf('env', environment(before), environment(after)),
    ...differencesOf('port', names(before.config?.exposedPorts), names(after.config?.exposedPorts)),
    ...differencesOf('volume', names(before.config?.volumes), names(after.config?.volumes)),
    ...differencesOf(
      'label',
      new Map(Object.entries(before.config?.labels ?? {})),
      new Map(Object.entries(after.config?.labels ?? {})),
    ),
    ...differencesOf(
      'annotation',
      new Map(Object.entries(before.annotations)),
      new Map(Object.entries(after.annotations)),
    ),
    ...differencesOf('layer', layersOf(before), layersOf(after)),
    ...shared(layersOf(before), layersOf(after)),
    ...differencesOf(
      'size',
      new Map([['total', String(before.pulledBytes)]]),
      new Map([['total', String(after.pulledBytes)]]),
    ),
  ]
}

function differencesOf(
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name) ?? null, after.get(name) ?? null]
    if (was === is) return []
    const change = was === null ? 'added' : is === null ? 'removed' : 'changed'
    return [{ change, what, name, before: was, after: is } as const]
  })
}

function shared(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly Difference[] {
  return [...before].flatMap(([name, bytes]) =>
    after.has(name) ? [{ change: 'shared', what: 'layer', name, before: bytes, after: bytes } as const] : [],
  )
}

/** Of a name that is set twice the last counts, as for the program that gets them. */
function environment({ config }: DescribedImage): ReadonlyMap<string, string> {
  return new Map((config?.env ?? []).map((pair) => [pair.replace(/=.*$/s, ''), pair.replace(/^[^=]*=?/, '')]))
}

function names(list: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(list.map((name) => [name, name]))
}

function listText(list: readonly string[] | null | undefined): string | null {
  return list === null || list === undefined ? null : JSON.stringify(list)
}

function shownValue({ what, name }: Difference, value: string | null): string {
  if (value === null) return ''
  if (what === 'layer' || what === 'size') return size(Number(value))
  return what === 'image' && name === 'digest' ? shortDigest(value) : value
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

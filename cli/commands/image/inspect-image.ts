import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { harmless, harmlessLines } from '../../output/display-width.ts'
import { type ListOptions, printOne } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'
import { formatImageReference, targetOf } from '../../references/image-reference.ts'
import { imageHostOf } from '../../servers/docker-hub.ts'
import { choose, readPlatformOption } from '../../transfer/collect-content.ts'
import type { Cli } from '../run.ts'
import { type ImageOptions, openImage } from './describe-image.ts'
import type { DescribedConfig, DescribedImage } from './described-image.ts'

/** `kontor image inspect <image>`. */
export async function inspectImage(
  cli: Cli,
  name: string,
  options: ImageOptions & Pick<ListOptions, 'format'> & { readonly raw?: boolean },
): Promise<void> {
  const { terminal } = cli
  const image = await openImage(cli, name, options)
  if (options.raw) {
    const named = await image.repository.resolve(image.reference)
    const platform = readPlatformOption(options.platform)
    const { bytes } = platform === undefined ? named : await choose(image.repository, named, platform)
    if (terminal.isOutputShown) terminal.print(harmlessLines(Buffer.from(bytes).toString()))
    else terminal.stdout.write(bytes)
    return
  }
  const described = await image.describeChosen()
  const shown = formatImageReference({ ...image.reference, host: imageHostOf(image.repository.url.host) })
  printOne(terminal, described, fieldsOf(shown, targetOf(image.reference)), options)
  for (const problem of described.problems)
    terminal.note(`${terminal.paint('warning', 'note:', 'stderr')} ${harmless(problem)}`)
}

type Field = Column<DescribedImage>

function fieldsOf(name: string, target: string): readonly Field[] {
  const ofConfig = (heading: string, key: string, read: (config: DescribedConfig) => string | null): Field => {
    const value = ({ config }: DescribedImage) => (config === null ? null : read(config))
    return { heading, key, value, show: (image) => value(image) ?? '' }
  }
  return [
    { heading: 'IMAGE', key: 'name', value: () => name, style: () => 'strong' },
    { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest },
    { heading: 'KIND', key: 'kind', value: ({ kind }) => kind },
    {
      heading: 'TYPE',
      key: 'mediaType',
      value: ({ mediaType }) => mediaType,
      show: ({ mediaType }) => mediaType,
    },
    textField('PLATFORMS', 'platforms', ({ platforms }) => platforms),
    {
      heading: 'SIZE',
      key: 'pulledBytes',
      value: ({ pulledBytes }) => pulledBytes,
      show: ({ pulledBytes }) => size(pulledBytes),
    },
    {
      heading: 'LAYERS',
      key: 'layers',
      value: ({ layers }) => layers.length,
      show: ({ layers }) => (layers.length === 0 ? '' : String(layers.length)),
    },
    {
      heading: 'CREATED',
      key: 'createdAt',
      value: ({ config }) => config?.createdAt ?? null,
      show: ({ config }) => ago(config?.createdAt, Date.now()),
    },
    {
      heading: 'PUSHED',
      key: 'pushedAt',
      value: ({ pushedAt }) => pushedAt,
      show: ({ pushedAt }) => ago(pushedAt, Date.now()),
    },
    textField('TAGS', 'tags', ({ tags }) => (tags ?? []).filter((tag) => tag !== target)),
    ofConfig('ENTRYPOINT', 'entrypoint', ({ entrypoint }) => commandText(entrypoint)),
    ofConfig('COMMAND', 'cmd', ({ cmd }) => commandText(cmd)),
    ofConfig('USER', 'user', ({ user }) => user),
    ofConfig('FOLDER', 'workingDir', ({ workingDir }) => workingDir),
    ofConfig('PORTS', 'exposedPorts', ({ exposedPorts }) => exposedPorts.join(' ')),
    ofConfig('VOLUMES', 'volumes', ({ volumes }) => volumes.join(' ')),
    linesField('ENV', 'env', ({ config }) => config?.env ?? []),
    linesField('LABELS', 'labels', ({ config }) => pairs(config?.labels ?? {})),
    linesField('ANNOTATIONS', 'annotations', ({ annotations }) => pairs(annotations)),
    linesField('REFERRERS', 'referrers', ({ referrers }) =>
      referrers.items.map(({ kind, digest, artifactType }) =>
        [kind, shortDigest(digest), artifactType ?? ''].join(' ').trim(),
      ),
    ),
  ]
}

function textField(heading: string, key: string, read: (image: DescribedImage) => readonly string[]): Field {
  return { heading, key, value: (image) => read(image).join(','), show: (image) => read(image).join(' ') }
}

/** Each in a line of its own, below the first. */
function linesField(heading: string, key: string, read: (image: DescribedImage) => readonly string[]): Field {
  return {
    heading,
    key,
    value: (image) => read(image).join(' '),
    show: (image) => read(image).join('\n'),
  }
}

function pairs(record: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(record).map(([key, value]) => `${key}=${value}`)
}

/** As a shell would take it, so that it can be copied. */
function commandText(words: readonly string[] | null): string | null {
  if (words === null) return null
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}

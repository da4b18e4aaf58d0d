import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRepository } from './find-repository.ts'
import type { RepositoryDetails } from './repository-columns.ts'
import { readVisibility, type VisibilityOptions } from './visibility.ts'

export type EditOptions = ChangeOptions &
  VisibilityOptions & {
    readonly server?: string
    readonly description?: string
    /** The path of a file, or `-`. */
    readonly readme?: string
    /** `name=value`, any number. */
    readonly label?: readonly string[]
    readonly removeLabel?: readonly string[]
    readonly deprecate?: boolean
    readonly archive?: boolean
    readonly activate?: boolean
    /** False to have none any more. */
    readonly successor?: string | false
  }

/** What `PATCH /repositories/…` takes, but for the name. */
interface RepositoryChanges {
  readonly visibility?: string
  readonly description?: string
  readonly readme?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly state?: string
  readonly successor?: string | null
}

/** `kontor repo edit <repository>`: only what was not changed by others meanwhile. */
export async function editRepository(cli: Cli, name: string, options: EditOptions): Promise<void> {
  const { terminal } = cli
  const reference = parseRepositoryReference(name)
  const readme = options.readme === undefined ? undefined : await readReadme(cli, options.readme)
  const api = await cli.api({ server: options.server, host: reference.host })
  const path = repositoryPath(reference)
  const { value: before, etag } = await getRepository(api, reference)
  const changes = readChanges(before, options, readme)
  const names = Object.keys(changes)
  if (names.length === 0) {
    throw new CliError('there is nothing to change', {
      exitCode: EXIT.usage,
      hint: 'kontor repo edit --help says what there is',
    })
  }
  if (options.dryRun) {
    for (const [field, value] of Object.entries(changes)) {
      const said = field === 'readme' ? `${Buffer.byteLength(readme ?? '')} bytes` : JSON.stringify(value)
      terminal.note(`would set ${field} of ${before.name} to ${said}`)
    }
    return
  }
  const after = await api.send<RepositoryDetails>('PATCH', path, { body: changes, etag })
  terminal.print(after.name)
}

function readChanges(before: RepositoryDetails, options: EditOptions, readme: string | undefined): RepositoryChanges {
  const { description, successor } = options
  const visibility = readVisibility(options)
  const labels = readLabels(before.labels, options)
  const state = options.deprecate
    ? 'deprecated'
    : options.archive
      ? 'archived'
      : options.activate
        ? 'active'
        : undefined
  return {
    ...(visibility && { visibility }),
    ...(description !== undefined && { description }),
    ...(readme !== undefined && { readme }),
    ...(labels && { labels }),
    ...(state && { state }),
    ...(successor !== undefined && {
      successor: successor === false ? null : parseRepositoryReference(successor).repository,
    }),
  }
}

/** All labels as they shall be, for the API takes them together; undefined when nothing is said of them. */
function readLabels(
  before: Readonly<Record<string, string>>,
  { label = [], removeLabel = [] }: EditOptions,
): Readonly<Record<string, string>> | undefined {
  if (label.length === 0 && removeLabel.length === 0) return undefined
  const labels = new Map(Object.entries(before))
  for (const name of removeLabel) labels.delete(name)
  for (const text of label) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) {
      throw new CliError(`--label ${text} has no value`, { exitCode: EXIT.usage, hint: 'write it as --label team=web' })
    }
    labels.set(name, value)
  }
  return Object.fromEntries(labels)
}

async function readReadme({ terminal }: Cli, path: string): Promise<string> {
  if (path === '-') return text(terminal.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CliError(`${path} cannot be read (${(cause as Error).message})`, { exitCode: EXIT.usage, cause })
  }
}

import { repositoryPath } from '../../api/paths.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { harmless } from '../../output/display-width.ts'
import { printOne } from '../../output/print-list.ts'
import { size } from '../../output/size.ts'
import { renderTable } from '../../output/table.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import type { Cli } from '../run.ts'
import { TAG_COLUMNS, type Tag } from '../tag/tag-columns.ts'
import { getRepository } from './find-repository.ts'
import type { RepositoryDetails, Usage } from './repository-columns.ts'

/** What was asked of the server for one view. */
interface View {
  readonly repository: RepositoryDetails
  readonly usage: Usage
}

const FIELDS: readonly Column<View>[] = [
  { heading: 'NAME', key: 'name', value: ({ repository }) => repository.name },
  { heading: 'DESCRIPTION', key: 'description', value: ({ repository }) => repository.description },
  { heading: 'VISIBILITY', key: 'visibility', value: ({ repository }) => repository.visibility },
  { heading: 'STATE', key: 'state', value: ({ repository }) => repository.state },
  { heading: 'SUCCESSOR', key: 'successor', value: ({ repository }) => repository.successor },
  {
    heading: 'LABELS',
    key: 'labels',
    value: ({ repository }) =>
      Object.entries(repository.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
  },
  {
    heading: 'SIZE',
    key: 'bytes',
    value: ({ usage }) => usage.bytes,
    show: ({ usage }) => `${size(usage.bytes)}, of which ${size(usage.uniqueBytes)} are in no other repository`,
  },
  timeField('PUSHED', 'pushedAt'),
  timeField('CREATED', 'createdAt'),
  { heading: 'PULLS', key: 'pulls', value: ({ repository }) => repository.pulls },
  {
    heading: 'STARS',
    key: 'stars',
    value: ({ repository }) => repository.stars,
    show: ({ repository: { stars, isStarred } }) => `${stars}${isStarred ? ', one of them yours' : ''}`,
  },
  { heading: 'YOU MAY', key: 'permission', value: ({ repository }) => repository.permission },
]

function timeField(heading: string, key: 'pushedAt' | 'createdAt'): Column<View> {
  return {
    heading,
    key,
    value: ({ repository }) => repository[key],
    show: ({ repository }) => ago(repository[key], Date.now()),
  }
}

/** As many tags as are looked at anyway. */
const LATEST_TAGS = 5

/** `kontor repo view <repository>`: what it is; on a terminal with its latest tags and its README. */
export async function viewRepository(
  cli: Cli,
  name: string,
  options: { readonly server?: string; readonly format?: string; readonly readme?: boolean },
): Promise<void> {
  const { terminal } = cli
  const reference = parseRepositoryReference(name)
  const api = await cli.api({ server: options.server, host: reference.host })
  const path = repositoryPath(reference)
  const { value: repository } = await getRepository(api, reference)
  if (options.readme) {
    if (repository.readme === '') terminal.note(`${repository.name} has no README`)
    else if (terminal.isOutputShown) printReadme(terminal, repository.readme)
    else terminal.stdout.write(repository.readme)
    return
  }
  const { format } = options
  // What is asked for as JSON or by a template is the repository as the API has it.
  if (format !== undefined && format !== 'table' && format !== 'csv') {
    printOne(terminal, repository, [], options)
    return
  }
  const view = { repository, usage: await api.get<Usage>(`${path}/usage`) }
  printOne(terminal, view, FIELDS, options)
  if (!terminal.isOutputShown || format === 'csv') return
  const { items } = await api.get<{ readonly items: readonly Tag[] }>(`${path}/tags`, {
    order: 'pushed',
    limit: LATEST_TAGS,
  })
  if (items.length > 0) {
    terminal.print('')
    for (const line of renderTable(TAG_COLUMNS, items, { terminal, isWhole: false })) terminal.print(line)
  }
  if (repository.readme !== '') {
    terminal.print('')
    printReadme(terminal, repository.readme)
  }
}

/** Markdown as it was written, with its headings marked; what else it has must not reach the terminal. */
function printReadme(terminal: Terminal, readme: string): void {
  for (const line of readme.replace(/\n$/, '').split(/\r?\n/)) {
    const text = harmless(line.replaceAll('\t', '    '))
    terminal.print(/^#{1,6} /.test(line) ? terminal.paint('heading', text) : text)
  }
}

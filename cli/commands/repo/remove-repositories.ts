import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { size } from '../../output/size.ts'
import { type ImageReference, parseRepositoryReference } from '../../references/image-reference.ts'
import { ask, unasked } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getRepository } from './find-repository.ts'
import type { Usage } from './repository-columns.ts'

/** `kontor repo rm <repository…>`: all of them are looked at, and asked about by name, before the first is deleted. */
export async function removeRepositories(
  cli: Cli,
  names: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const found = []
  for (const reference of [...new Set(names)].map(parseRepositoryReference)) {
    const api = await cli.api({ server: options.server, host: reference.host })
    const path = repositoryPath(reference)
    const { name } = (await getRepository(api, reference)).value
    requireSameName(reference, name)
    found.push({ api, path, name, content: await describeContent(api, reference) })
  }
  if (options.dryRun) {
    for (const { name, content } of found) terminal.note(`would delete ${name} with ${content}`)
    return
  }
  for (const { name, content } of found) {
    terminal.note(`${name} has ${content}; what is deleted cannot be brought back`)
    if (options.yes) continue
    if (!terminal.canAsk) throw unasked(`delete ${name}`)
    const answer = await ask(terminal, { text: `type ${name} to delete it`, instead: 'add --yes' })
    if (answer.trim() !== name) throw new CliError('nothing was changed')
  }
  for (const { api, path, name } of found) {
    await api.send('DELETE', path)
    terminal.print(name)
  }
}

/** What was called so once has another name now: whoever wrote the old one may mean what is not there any more. */
function requireSameName({ repository }: ImageReference, name: string): void {
  if (repository === name || `library/${repository}` === name) return
  throw new CliError(`${repository} is called ${name} now`, {
    exitCode: EXIT.conflict,
    hint: `to delete it: kontor repo rm ${name}`,
  })
}

/** As many as one page has; there may be tens of thousands, and nobody waits for their number. */
const MOST_COUNTED = 1000

async function describeContent(api: ApiClient, reference: ImageReference): Promise<string> {
  const path = repositoryPath(reference)
  const usage = await api.get<Usage>(`${path}/usage`)
  const page = await api.get<{ readonly items: readonly unknown[]; readonly next?: string }>(`${path}/tags`, {
    order: 'name',
    limit: MOST_COUNTED,
  })
  const count = page.items.length
  if (usage.bytes === 0 && count === 0) return 'nothing in it'
  const tags = page.next === undefined ? `${count} ${count === 1 ? 'tag' : 'tags'}` : `more than ${count} tags`
  return `${tags} and ${size(usage.bytes)}, of which ${size(usage.uniqueBytes)} are in no other repository`
}

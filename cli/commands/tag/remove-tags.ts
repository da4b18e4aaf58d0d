import { tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatImageReference, parseImageReference } from '../../references/image-reference.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** `kontor tag rm <image…>`: all of them are looked at before the first is deleted. */
export async function removeTags(
  cli: Cli,
  images: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const references = images.map(parseImageReference)
  for (const reference of references) {
    if (reference.tag !== undefined && reference.digest === undefined) continue
    throw new CliError(`${formatImageReference(reference)} names no tag`, {
      exitCode: EXIT.usage,
      hint: 'write it as acme/web:1.2',
    })
  }
  const found = []
  for (const reference of references) {
    const api = await cli.api({ server: options.server, host: reference.host })
    const path = tagPath(reference)
    await api.get(path)
    found.push({ api, path, name: formatImageReference(reference) })
  }
  const names = found.map(({ name }) => name).join(', ')
  if (options.dryRun) {
    terminal.note(`would delete ${names}`)
    return
  }
  await confirm(terminal, `delete ${names}`, options)
  for (const { api, path, name } of found) {
    await api.send('DELETE', path)
    terminal.print(name)
  }
  terminal.note('kontor tag restore brings them back')
}

import { tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatImageReference, parseTagReference } from '../../references/image-reference.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getTag } from './find-tag.ts'

/** `kontor tag rm <image…>`: all of them are looked at before the first is deleted. */
export async function removeTags(
  cli: Cli,
  images: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const references = [...new Set(images)].map(parseTagReference)
  for (const reference of references) {
    if (reference.digest === undefined) continue
    const name = formatImageReference({ ...reference, digest: undefined })
    throw new CliError(`${formatImageReference(reference)} names a manifest, and only tags are deleted here`, {
      exitCode: EXIT.usage,
      hint: `try: kontor tag rm ${name}`,
    })
  }
  const found = []
  for (const reference of references) {
    const api = await cli.api({ server: options.server, host: reference.host })
    await getTag(api, reference)
    found.push({ api, path: tagPath(reference), name: formatImageReference(reference) })
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
  terminal.note(`to bring back what was deleted: kontor tag restore ${found.map(({ name }) => name).join(' ')}`)
}

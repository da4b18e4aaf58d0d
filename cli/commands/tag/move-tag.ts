import { repositoryPath, tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { formatImageReference, parseTagReference, requireTag } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { findTag, getTag } from './find-tag.ts'

/** `kontor tag mv <image> <new-tag>`: the new tag is there before the old one is deleted. */
export async function moveTag(
  cli: Cli,
  image: string,
  newTag: string,
  options: ChangeOptions & { readonly server?: string; readonly force?: boolean },
): Promise<void> {
  const { terminal } = cli
  const from = { ...parseTagReference(image), digest: undefined }
  requireTag(newTag)
  const to = { ...from, tag: newTag }
  const [oldName, newName] = [formatImageReference(from), formatImageReference(to)]
  if (from.tag === newTag) {
    throw new CliError(`${oldName} is called ${newTag} already`, { exitCode: EXIT.usage, hint: 'choose another tag' })
  }
  const api = await cli.api({ server: options.server, host: from.host })
  const { digest } = await getTag(api, from)
  const inTheWay = await findTag(api, to)
  if (inTheWay !== undefined && inTheWay.digest !== digest && !options.force) {
    throw new CliError(`${newName} is there already, and points to ${shortDigest(inTheWay.digest)}`, {
      exitCode: EXIT.conflict,
      hint: 'add --force to point it elsewhere',
    })
  }
  // To delete takes more than to point: who may not do the second must not do the first.
  const { permission } = await api.get<{ readonly permission: string }>(repositoryPath(from))
  if (permission !== 'maintain' && permission !== 'admin') {
    throw new CliError(`to take ${oldName} away takes the permission maintain, and you have ${permission}`, {
      exitCode: EXIT.forbidden,
      hint: `to keep both: kontor tag add ${oldName} ${newTag}`,
    })
  }
  if (options.dryRun) {
    terminal.note(`would point ${newName} to ${shortDigest(digest)} and delete ${oldName}`)
    return
  }
  await api.send('PUT', tagPath(to), { body: { digest } })
  await api.send('DELETE', tagPath(from))
  terminal.print(newName)
}

import { tagPath } from '../../api/paths.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { formatImageReference, parseImageReference, requireTag, targetOf } from '../../references/image-reference.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { findTag, getTag } from './find-tag.ts'

/** `kontor tag add <image> <tag…>`: points further tags to what an image reference leads to. */
export async function addTags(
  cli: Cli,
  image: string,
  tags: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const reference = parseImageReference(image)
  for (const tag of tags) requireTag(tag)
  const api = await cli.api({ server: options.server, host: reference.host })
  const digest = reference.digest ?? (await getTag(api, { ...reference, tag: targetOf(reference) })).digest
  for (const tag of new Set(tags)) {
    const target = { ...reference, tag, digest: undefined }
    const name = formatImageReference(target)
    const before = (await findTag(api, target))?.digest
    const isMoved = before !== undefined && before !== digest
    if (options.dryRun) {
      const now = isMoved ? `, away from ${shortDigest(before)}` : ''
      terminal.note(`would point ${name} to ${shortDigest(digest)}${now}`)
      continue
    }
    await api.send('PUT', tagPath(target), { body: { digest } })
    terminal.print(name)
    if (isMoved) terminal.note(`it pointed to ${shortDigest(before)} before; to go back: kontor tag restore ${name}`)
  }
}

import type { ApiClient } from '../../api/api-client.ts'
import { tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { formatImageReference, type ImageReference, parseTagReference } from '../../references/image-reference.ts'
import { inRepository } from '../repo/find-repository.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { Lifetime } from './lifetime.ts'
import type { Tag } from './tag-columns.ts'

/** `kontor tag restore <image…>`: back to what each pointed to before, or to the digest that it names. */
export async function restoreTags(
  cli: Cli,
  images: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  for (const reference of [...new Set(images)].map(parseTagReference)) {
    const { digest } = reference
    const name = formatImageReference({ ...reference, digest: undefined })
    const api = await cli.api({ server: options.server, host: reference.host })
    if (options.dryRun) {
      terminal.note(
        `would point ${name} to ${shortDigest(digest ?? (await previousDigest(api, reference, name)))} again`,
      )
      continue
    }
    const body = digest === undefined ? {} : { digest }
    const restored = await inRepository(api, reference, () =>
      api.send<Tag>('POST', `${tagPath(reference)}/restore`, { body }),
    )
    terminal.print(name)
    terminal.note(`it points to ${shortDigest(restored.digest)} again`)
  }
}

/** As the server chooses it: what the tag pointed to last that it does not point to now. */
async function previousDigest(api: ApiClient, reference: ImageReference, name: string): Promise<string> {
  let current: string | undefined
  for await (const lifetime of api.list<Lifetime>(`${tagPath(reference)}/history`)) {
    if (lifetime.current) current = lifetime.digest
    else if (lifetime.digest !== current) return lifetime.digest
  }
  throw new CliError(`${name} never pointed to anything else`, {
    exitCode: EXIT.notFound,
    hint: `try: kontor tag history ${name}`,
  })
}

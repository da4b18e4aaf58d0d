import type { Platform } from '../../../oci/platform.ts'
import { choosePlatform, readPlatform } from '../../../oci/platform.ts'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { readText } from '../../http/exchange.ts'
import {
  formatImageReference,
  type ImageReference,
  parseImageReference,
  targetOf,
} from '../../references/image-reference.ts'
import type { RemoteManifest } from '../../registry/manifests.ts'
import { openRepositories, type RemoteRepository } from '../../registry/open-repository.ts'
import { readPlatformOption } from '../../transfer/collect-content.ts'
import type { Cli } from '../run.ts'
import { describeManifest } from './describe-manifest.ts'
import type { DescribedImage } from './described-image.ts'

/** Which image, and whose. */
export interface ImageOptions {
  readonly server?: string
  readonly platform?: string
}

/** An image that can be asked about. */
export interface OpenImage {
  readonly reference: ImageReference
  readonly repository: RemoteRepository
  /** Explains a manifest of the repository: by a Kontor itself, from what is there for other registries. */
  describe(reference: string): Promise<DescribedImage>
  /** Explains what was named or, with `--platform`, the image of it for that platform. */
  describeChosen(): Promise<DescribedImage>
}

/** @throws CliError for a reference that is none */
export async function openImage(cli: Cli, text: string, options: ImageOptions): Promise<OpenImage> {
  const reference = parseImageReference(text)
  const platform = readPlatformOption(options.platform)
  const { server } = options
  const [repository] = await openRepositories(cli.env, [reference], { server, signal: cli.signal })
  if (repository === undefined) throw new Error('a reference leads to a repository')
  const opened = repository
  let isKontor: boolean | undefined

  async function describe(target: string): Promise<DescribedImage> {
    const answer = isKontor === false ? undefined : await askKontor(target)
    isKontor = answer !== undefined
    if (answer !== undefined) return answer
    const manifest = await resolve(target)
    return describeManifest(opened, manifest)
  }

  function resolve(target: string): Promise<RemoteManifest> {
    return opened.resolve(target.includes(':') ? { ...reference, digest: target } : { ...reference, tag: target })
  }

  /** Undefined from what is no Kontor. Nobody has to log in to an API that is not there. */
  async function askKontor(target: string): Promise<DescribedImage | undefined> {
    const response = await opened.askApi(`/api/v1${repositoryPath(reference)}/manifests/${encodeURIComponent(target)}`)
    const text = await readText(response)
    const type = response.headers['content-type'] ?? ''
    if (response.status === 200 && type.startsWith('application/json')) {
      const answer = parse(text) as Partial<DescribedImage> | undefined
      return answer?.digest !== undefined && answer.kind !== undefined ? (answer as DescribedImage) : undefined
    }
    // A Kontor's refusal is one of the registry, too, which says it in the same words wherever it comes from.
    if (type.startsWith('application/problem+json')) await resolve(target).catch(withNextCommand)
    return undefined
  }

  function withNextCommand(error: unknown): never {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.notFound) throw error
    const name = formatImageReference({ ...reference, tag: undefined, digest: undefined })
    const { message, exitCode, code, requestId } = error
    throw new CliError(message, { exitCode, code, requestId, hint: `try: kontor tag ls ${name}`, cause: error })
  }

  return {
    reference,
    repository,
    describe,
    async describeChosen() {
      const named = await describe(targetOf(reference))
      if (platform === undefined || named.manifests.length === 0) return named
      return describe(childFor(named, platform, options.platform ?? '').digest)
    },
  }
}

/** The image of an index for a platform. @throws CliError notFound */
export function childFor(index: DescribedImage, platform: Platform, said: string) {
  const candidates = index.manifests.map((child) => ({
    child,
    platform: child.platform === null ? undefined : readPlatform(child.platform),
  }))
  const chosen = choosePlatform(candidates, platform)
  if (chosen !== undefined) return chosen.child
  throw new CliError(`there is no image for ${said}`, {
    exitCode: EXIT.notFound,
    code: 'PLATFORM_UNKNOWN',
    hint: index.platforms.length === 0 ? undefined : `there are ${index.platforms.join(', ')}`,
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

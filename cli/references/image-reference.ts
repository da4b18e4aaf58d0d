import { isDigest } from '../../oci/digest.ts'
import { isTag } from '../../oci/reference.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { fullNameAt } from '../servers/docker-hub.ts'

/** What a user calls an image or a repository: `acme/web`, `acme/web:1.2`, `registry.example.com/acme/web@sha256:…`. */
export interface ImageReference {
  /** Host and port, where one was given. */
  readonly host: string | undefined
  /** As it was written, for registries know names without a namespace; only those of Docker Hub are whole. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const MAX_REPOSITORY_LENGTH = 255

/**
 * Reads a reference as docker does: what stands before the first slash is a host when it has a dot, a colon, or is
 * `localhost` (distribution/reference, `splitDockerDomain`).
 * @throws CliError usage
 */
export function parseImageReference(text: string): ImageReference {
  const [, named = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? []
  const slash = named.indexOf('/')
  const first = named.slice(0, Math.max(slash, 0))
  const isHost = first === 'localhost' || /[.:]/.test(first)
  const rest = isHost ? named.slice(slash + 1) : named
  const colon = rest.lastIndexOf(':')
  const repository = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? undefined : rest.slice(colon + 1)
  if (!isRepository(repository))
    throw invalid(text, `${JSON.stringify(repository.slice(0, 100))} is no repository name`)
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${JSON.stringify(tag.slice(0, 130))} is no tag`)
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, `${JSON.stringify(digest.slice(0, 100))} is no digest`)
  return isHost
    ? { host: first, repository: fullNameAt(first, repository), tag, digest }
    : { host: undefined, repository, tag, digest }
}

/** Reads the name of a repository, where a tag or digest would count for nothing. @throws CliError usage */
export function parseRepositoryReference(text: string): ImageReference {
  const reference = parseImageReference(text)
  if (reference.tag === undefined && reference.digest === undefined) return reference
  const name = formatImageReference({ ...reference, tag: undefined, digest: undefined })
  throw new CliError(`${text} names an image, where a repository is wanted`, {
    exitCode: EXIT.usage,
    hint: `leave off what follows the name: ${name}`,
  })
}

/** Reads a reference that names a tag, with or without a digest. @throws CliError usage */
export function parseTagReference(text: string): ImageReference & { readonly tag: string } {
  const { tag, ...reference } = parseImageReference(text)
  if (tag !== undefined) return { ...reference, tag }
  throw new CliError(`${text} names no tag`, { exitCode: EXIT.usage, hint: 'write it as acme/web:1.2' })
}

/** @throws CliError usage for what no tag can be called. */
export function requireTag(text: string): void {
  if (isTag(text)) return
  throw new CliError(`${JSON.stringify(text.slice(0, 130))} is no tag`, {
    exitCode: EXIT.usage,
    hint: 'a tag has up to 128 letters, digits, underscores, dots and hyphens, and starts with none of the last two',
  })
}

/** What the reference leads to in its repository: its digest, else its tag, else `latest`. */
export function targetOf({ tag, digest }: ImageReference): string {
  return digest ?? tag ?? 'latest'
}

/** The reference as docker would print it. */
export function formatImageReference({ host, repository, tag, digest }: ImageReference): string {
  const where = host === undefined ? repository : `${host}/${repository}`
  return `${where}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function isRepository(name: string): boolean {
  return name.length <= MAX_REPOSITORY_LENGTH && name.split('/').every((component) => COMPONENT.test(component))
}

function invalid(text: string, reason: string): CliError {
  return new CliError(`${JSON.stringify(text.slice(0, 300))} is no reference of an image: ${reason}`, {
    exitCode: EXIT.usage,
    hint: 'write it as acme/web:1.2, registry.example.com/acme/web or acme/web@sha256:…',
  })
}

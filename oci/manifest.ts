import type { Descriptor } from './descriptor.ts'
import { isDigest } from './digest.ts'
import { RegistryError } from './error-codes.ts'
import { isManifestMediaType, type ManifestMediaType, MEDIA_TYPES, manifestKindOf } from './media-types.ts'
import { platformIn } from './platform.ts'

/** The largest manifest Kontor takes, in bytes: what Distribution, podman and oras agree on. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/**
 * What the registry must know of a manifest. The bytes stay what they are: this is a view for checks and indexes and
 * is never written back (I10). Unknown fields, `data` and annotations of any kind pass.
 */
export interface ManifestView {
  readonly mediaType: ManifestMediaType
  readonly config: Descriptor | undefined
  readonly layers: readonly Descriptor[]
  /** The children of an index. */
  readonly manifests: readonly Descriptor[]
  readonly subject: Descriptor | undefined
  /** image-spec: the manifest's own `artifactType` or, for an image manifest without, its config's media type. */
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

type JsonObject = { readonly [key: string]: unknown }

/**
 * Reads a manifest.
 * @param contentType the `Content-Type` it was sent with; parameters are ignored, and `application/json` or nothing
 *   at all means "see the body".
 * @throws RegistryError MANIFEST_INVALID, saying which field is wrong.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ManifestView {
  const body = parseObject(bytes)
  const mediaType = mediaTypeOf(body, contentType)
  if (body['schemaVersion'] !== 2) throw invalid('schemaVersion must be 2; schema 1 images are not supported')
  const isIndex = manifestKindOf(mediaType) === 'index'
  const unexpected = isIndex ? 'layers' : 'manifests'
  // Two readers of one document must not see two different images (CVE-2021-41190).
  if (body[unexpected] !== undefined) throw invalid(`${mediaType} has no ${unexpected}`)
  const config = isIndex ? undefined : readDescriptor(body['config'], 'config')
  return {
    mediaType,
    config,
    layers: isIndex ? [] : readDescriptors(body['layers'], 'layers'),
    manifests: isIndex ? readDescriptors(body['manifests'], 'manifests') : [],
    subject: body['subject'] == null ? undefined : readDescriptor(body['subject'], 'subject'),
    artifactType: readOptionalString(body['artifactType'], 'artifactType') ?? config?.mediaType,
    annotations: readAnnotations(body['annotations']),
  }
}

function parseObject(bytes: Uint8Array): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new RegistryError('MANIFEST_INVALID', { message: 'the manifest is not JSON in UTF-8', cause })
  }
  if (isObject(value)) return value
  throw invalid('the manifest is not a JSON object')
}

function mediaTypeOf(body: JsonObject, contentType: string | undefined): ManifestMediaType {
  const declared = contentType?.split(';', 1)[0]?.trim().toLowerCase() || undefined
  const written = readOptionalString(body['mediaType'], 'mediaType')
  const header = declared === 'application/json' ? undefined : declared
  if (header !== undefined && written !== undefined && header !== written) {
    throw invalid(
      `Content-Type is ${brief(header)}, but the manifest's mediaType is ${brief(written)}; they must be the same`,
    )
  }
  const mediaType = header ?? written ?? mediaTypeByShape(body)
  if (isManifestMediaType(mediaType)) return mediaType
  throw invalid(`${brief(mediaType)} is not a manifest type; use one of ${Object.values(MEDIA_TYPES).join(', ')}`)
}

function mediaTypeByShape(body: JsonObject): string {
  if (Array.isArray(body['manifests'])) return MEDIA_TYPES.ociIndex
  if (body['config'] !== undefined) return MEDIA_TYPES.ociManifest
  throw invalid('the manifest names no media type and has neither config nor manifests; send a Content-Type')
}

function readDescriptors(value: unknown, path: string): Descriptor[] {
  // Go writes a nil slice as null; it means an empty list.
  if (value === null) return []
  if (!Array.isArray(value)) throw invalid(`${path} must be a list of descriptors`)
  return value.map((entry, position) => readDescriptor(entry, `${path}[${position}]`))
}

function readDescriptor(value: unknown, path: string): Descriptor {
  if (!isObject(value)) throw invalid(`${path} must be a descriptor`)
  const { mediaType, digest, size, urls } = value
  if (typeof mediaType !== 'string') throw invalid(`${path}.mediaType must be a string`)
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${path}.digest must be a sha256 or sha512 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${path}.size must be a whole number of bytes`)
  }
  if (urls !== undefined && !isListOfStrings(urls)) throw invalid(`${path}.urls must be a list of strings`)
  return { mediaType, digest, size, ...(urls && { urls }), ...readHints(value) }
}

/** What only explains a descriptor: where it is odd it is left out, for nothing rests on it. */
function readHints({ artifactType, platform, annotations }: JsonObject) {
  const runsOn = platformIn(platform)
  return {
    ...(typeof artifactType === 'string' && artifactType !== '' && { artifactType }),
    ...(runsOn && { platform: runsOn }),
    ...(isRecordOfStrings(annotations) && { annotations }),
  }
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function isRecordOfStrings(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string')
}

function readAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalid('annotations must be an object')
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalid(`annotations[${JSON.stringify(brief(key))}] must be a string`)
  }
  return value as Record<string, string>
}

function readOptionalString(value: unknown, path: string): string | undefined {
  // Go clients write an absent string as "" in places; it means the same.
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  throw invalid(`${path} must be a string`)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A client's text as far as it helps in a message: a refusal must not be as long as what it refuses. */
function brief(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}

function invalid(message: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', { message })
}

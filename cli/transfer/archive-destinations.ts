import { isDigest } from '../../oci/digest.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { type ImageReference, parseImageReference } from '../references/image-reference.ts'
import { archiveError } from './archive-error.ts'
import type { ArchivedImage, ImageArchive } from './archived-image.ts'

/** Where what of an archive is to go. */
export interface Destination {
  /** With the tag that takes the place of those in the archive, if one does. */
  readonly reference: ImageReference
  /** Only the image of this name; undefined for all. */
  readonly image: string | undefined
}

/**
 * Where an archive says that its images belong, as in `localhost:5000/acme/web:1.2`; the registry that they came from is
 * not where they go.
 * @throws CliError usage when it does not say it.
 */
export function destinationsIn(path: string, { images }: ImageArchive): readonly Destination[] {
  const named = images.flatMap(({ names }) => names.map((name) => ({ name, reference: parseImageReference(name) })))
  const repositories = new Set(named.map(({ reference }) => reference.repository))
  const [first] = named
  if (first === undefined) {
    throw new CliError(`${path} does not say what its images are called`, {
      exitCode: EXIT.usage,
      hint: `name the repository: kontor load ${path} acme/web`,
    })
  }
  const place = { host: undefined, digest: undefined }
  if (repositories.size === 1)
    return [{ reference: { ...place, repository: first.reference.repository, tag: undefined }, image: undefined }]
  return named.map(({ name, reference: { repository, tag } }) => ({
    reference: { ...place, repository, tag },
    image: name,
  }))
}

/** An image of an archive, and what is to lead to it. */
export interface ChosenImage {
  readonly image: ArchivedImage
  readonly tags: readonly string[]
}

/** The tags by which cosign says what it speaks of. */
const COMPANION_TAG = /^(sha256|sha512)-([0-9a-f]+)\.(?:sig|att|sbom)$/

/**
 * Chooses among the images of an archive.
 * @throws CliError usage when there is none, or it is not clear which one a tag is to lead to.
 */
export function chooseImages(path: string, archive: ImageArchive, destination: Destination): readonly ChosenImage[] {
  const { reference, image: name } = destination
  const { tag } = reference
  const images = name === undefined ? archive.images : archive.images.filter(({ names }) => names.includes(name))
  if (images.length === 0) throw archiveError(path, { kind: 'invalid', message: 'there is no image in the archive' })
  if (tag === undefined) return requireTagsToDiffer(path, images)
  // What speaks of an image goes along with it.
  const own = images.filter((image) => !isCompanion(archive, image))
  const [only, ...others] = own
  if (only !== undefined && others.length === 0) return [{ image: only, tags: [tag] }]
  const message = `it has ${images.length} images, and the tag ${tag} can lead to one only; leave the tag out`
  throw archiveError(path, { kind: 'ambiguous', message })
}

function isCompanion({ placeOf }: ImageArchive, { tags }: ArchivedImage): boolean {
  const subjects = tags.map((tag) => COMPANION_TAG.exec(tag)?.slice(1, 3).join(':') ?? '')
  return tags.length > 0 && subjects.every((digest) => isDigest(digest) && placeOf(digest) !== undefined)
}

function requireTagsToDiffer(path: string, images: readonly ArchivedImage[]): readonly ChosenImage[] {
  const tags = images.flatMap((image) => image.tags)
  const [twice] = tags.filter((tag, position) => tags.indexOf(tag) !== position)
  if (twice === undefined) return images.map((image) => ({ image, tags: image.tags }))
  const message = `two of its images would both get the tag ${twice}; load it into where it says itself, or divide it`
  throw archiveError(path, { kind: 'ambiguous', message })
}

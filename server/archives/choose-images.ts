import { ArchiveRefusal, showName, showNames } from '../../oci/archive-refusal.ts'
import type { Tag } from '../../oci/reference.ts'
import type { ArchivedImage } from './archived-image.ts'

/** What is to be taken from an archive, and under which name. */
export interface ImageChoice {
  /** Takes the place of all tags that the archive gives. */
  readonly tag: Tag | undefined
  /** One of the images, by a name, a tag or the digest that it has in the archive. */
  readonly image: string | undefined
}

/**
 * Chooses among the images of an archive.
 * @throws ArchiveRefusal when it is not clear which image is meant, or which one a tag is to point to.
 */
export function chooseImages(images: readonly ArchivedImage[], { tag, image }: ImageChoice): readonly ArchivedImage[] {
  if (images.length === 0) throw new ArchiveRefusal('invalid', 'there is no image in the archive')
  const chosen = image === undefined ? images : images.filter((each) => isCalled(each, image))
  const [only, ...others] = chosen
  if (only === undefined || (image !== undefined && others.length > 0)) {
    const count = only === undefined ? 'no image' : 'more than one image'
    throw ambiguous(`${count} of the archive is called ${showName(image ?? '')}; it has ${namesOf(images)}`)
  }
  if (tag === undefined) return requireTagsToDiffer(chosen)
  if (others.length === 0) return [{ ...only, tags: [tag] }]
  throw ambiguous(
    `the archive has ${chosen.length} images, and the tag ${tag} can point to one only; ` +
      `choose it with ?image=, one of ${namesOf(chosen)}`,
  )
}

function isCalled({ root, names, tags }: ArchivedImage, text: string): boolean {
  return root.digest === text || names.includes(text) || tags.some((tag) => tag === text)
}

function requireTagsToDiffer(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const byTag = new Map<Tag, ArchivedImage>()
  for (const image of images) {
    for (const tag of image.tags) {
      const other = byTag.get(tag)
      if (other !== undefined) {
        throw ambiguous(
          `${showName(nameOf(other))} and ${showName(nameOf(image))} would both get the tag ${tag}; ` +
            'import them one after the other, with ?image= and ?tag=',
        )
      }
      byTag.set(tag, image)
    }
  }
  return images
}

function namesOf(images: readonly ArchivedImage[]): string {
  return showNames(images.map(nameOf))
}

function nameOf({ names, root }: ArchivedImage): string {
  return names[0] ?? root.digest
}

function ambiguous(message: string): ArchiveRefusal {
  return new ArchiveRefusal('ambiguous', message)
}

import { z } from 'zod'
import { parseTag, type Tag } from '../../oci/reference.ts'
import { MANIFEST_KINDS } from '../../storage/metadata/manifests.ts'
import type { TagDetails } from '../../storage/metadata/tags.ts'
import type { Credential } from '../access/credential.ts'
import { shownTime } from './fields.ts'
import { Problem } from './problem.ts'
import { showOptionalTime, showTime } from './show-time.ts'

/**
 * Whoever changed what a tag points to. Names of people are not for the whole world to gather from public repositories;
 * whoever is logged in and may pull sees who works there.
 */
export const shownAuthor = z
  .string()
  .nullable()
  .meta({ description: 'A user or a robot, by the name at the time; null for those who are not logged in' })

export const shownTag = z
  .strictObject({
    name: z.string().meta({ examples: ['v1.25'] }),
    digest: z.string(),
    mediaType: z.string(),
    kind: z.enum(MANIFEST_KINDS).meta({ description: '`image` is an index of images, too' }),
    platforms: z.array(z.string()).meta({ examples: [['linux/amd64', 'linux/arm64/v8']] }),
    storedBytes: z.int().meta({ description: 'Of everything the tag needs, each blob and manifest once' }),
    pulledBytes: z.int().meta({ description: 'What pulling one platform takes, the largest of them' }),
    pushedAt: shownTime.meta({ description: 'Since when it points to this' }),
    pushedBy: shownAuthor,
    pulls: z.int().meta({ description: 'By this tag, whatever it pointed to; counted within a minute' }),
    lastPulledAt: shownTime.nullable(),
  })
  .meta({ id: 'Tag' })

/** A tag as `credential` may see it. */
export function showTag(details: TagDetails, credential: Credential): z.infer<typeof shownTag> {
  const { tag, digest, mediaType, kind, platforms, storedBytes, pulledBytes, pushedAt, pushedBy, pulls } = details
  return {
    name: tag,
    digest,
    mediaType,
    kind,
    platforms: [...platforms],
    storedBytes,
    pulledBytes,
    pushedAt: showTime(pushedAt),
    pushedBy: showAuthor(pushedBy, credential),
    pulls,
    lastPulledAt: showOptionalTime(details.lastPulledAt),
  }
}

export function showAuthor(name: string | undefined, { subject }: Credential): string | null {
  return subject.kind === 'anonymous' ? null : (name ?? null)
}

/** The tag that the path names. @throws RegistryError TAG_INVALID */
export function tagIn(parameters: Readonly<Record<string, string>>): Tag {
  return parseTag(parameters['tag'] ?? '')
}

/** The answer to a tag that is not there. */
export function tagUnknown(tag: Tag): Problem {
  const message = `there is no tag ${tag} here; the list of tags shows those there are, the tag's history whether there was one`
  return new Problem(404, 'TAG_UNKNOWN', message)
}

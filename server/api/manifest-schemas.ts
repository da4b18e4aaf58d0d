import { z } from 'zod'
import { MANIFEST_KINDS } from '../../storage/metadata/manifests.ts'
import { shownTime } from './fields.ts'

const digest = z.string().meta({ examples: [`sha256:${'0'.repeat(64)}`] })
const bytes = z.int().nonnegative()
const text = z.string().nullable()
const texts = z.array(z.string())
const strings = z.record(z.string(), z.string())
const time = shownTime.nullable()

/** What a manifest is for. */
export const manifestKind = z
  .enum(MANIFEST_KINDS)
  .meta({ description: 'What it is for; `image` is an index of images, too' })

const platform = z.string().meta({ description: 'As `os/architecture[/variant]`', examples: ['linux/arm64/v8'] })

const shownConfig = z
  .strictObject({
    digest,
    mediaType: z.string(),
    sizeBytes: bytes,
    createdAt: time,
    author: text,
    user: text,
    workingDir: text,
    entrypoint: texts.nullable(),
    cmd: texts.nullable(),
    env: texts.meta({ description: 'As `NAME=value`' }),
    exposedPorts: texts.meta({ examples: [['8080/tcp']] }),
    volumes: texts,
    stopSignal: text,
    labels: strings,
    healthcheck: z
      .strictObject({
        test: texts,
        intervalSeconds: z.number().nullable(),
        timeoutSeconds: z.number().nullable(),
        startPeriodSeconds: z.number().nullable(),
        retries: z.number().nullable(),
      })
      .nullable(),
    shell: texts.nullable(),
  })
  .meta({ id: 'ImageConfig', description: 'What the configuration of an image says' })

const createdBy = text.meta({ description: 'The step of the build, as its tool wrote it down; null when not known' })

const shownLayer = z
  .strictObject({
    digest,
    mediaType: z.string(),
    sizeBytes: bytes,
    title: text.meta({ description: 'The name of the file that it is, in artifacts made of files' }),
    createdBy,
    createdAt: time,
    comment: text,
    foreign: z.boolean().meta({ description: 'Whether clients fetch it from elsewhere, and not from here' }),
    urls: texts.meta({ description: 'From where, as its manifest claims; the registry never goes there' }),
  })
  .meta({ id: 'Layer', description: 'A layer, with the step of the build that made it' })

const shownStep = z
  .strictObject({
    createdBy,
    createdAt: time,
    author: text,
    comment: text,
    layer: z.int().nonnegative().nullable().meta({
      description: 'The position of its layer in `layers`, from 0; null when it made none, or it is not known which',
    }),
  })
  .meta({ id: 'BuildStep' })

const shownChild = z
  .strictObject({
    digest,
    mediaType: z.string(),
    artifactType: text,
    kind: manifestKind,
    platform: platform.nullable(),
    sizeBytes: bytes.meta({ description: 'Of the manifest itself' }),
    pulledBytes: bytes.nullable().meta({ description: 'What pulling it takes; null when the repository lacks it' }),
    attestationFor: digest.nullable().meta({ description: 'The image of the index that it says something of' }),
  })
  .meta({ id: 'IndexedManifest' })

const shownReferrer = z
  .strictObject({
    digest,
    mediaType: z.string(),
    artifactType: text,
    kind: manifestKind,
    sizeBytes: bytes,
    annotations: strings,
    index: digest.nullable().meta({
      description: 'The index where it stands beside what it speaks of; null when it does not',
    }),
    tag: text.meta({ description: 'The tag by which cosign says what it speaks of, `sha256-….sig` and the like' }),
  })
  .meta({ id: 'Referrer' })

/** A manifest that explains itself. */
export const shownManifest = z
  .strictObject({
    digest,
    mediaType: z.string(),
    artifactType: text,
    kind: manifestKind,
    sizeBytes: bytes.meta({ description: 'Of the manifest itself' }),
    pulledBytes: bytes.meta({ description: 'What pulling it takes; for an index, with the largest of its images' }),
    usage: z.strictObject({
      bytes: bytes.meta({ description: 'Everything it needs, each blob once' }),
      uniqueBytes: bytes.meta({ description: 'Of these, what no other tagged manifest of the repository needs' }),
      sharedBytes: bytes,
    }),
    tags: texts.meta({ description: 'Tags that point to it, the first 100' }),
    pushedAt: shownTime,
    annotations: strings,
    subject: z.strictObject({ digest, mediaType: z.string(), sizeBytes: bytes }).nullable(),
    platforms: z.array(platform),
    config: shownConfig.nullable().meta({ description: 'Null for what is no image, and when it cannot be read' }),
    layers: z.array(shownLayer),
    history: z.array(shownStep).meta({ description: 'How the image was built, in order' }),
    manifests: z.array(shownChild).meta({ description: 'What an index names' }),
    referrers: z
      .strictObject({
        items: z.array(shownReferrer),
        all: text.meta({ description: 'Where the whole list is, when there are more than are shown' }),
      })
      .meta({ description: 'What says something of it, the first 100: signatures, SBOMs, attestations' }),
    problems: texts.meta({ description: 'Sentences about what is not as it should be' }),
  })
  .meta({ id: 'Manifest' })
export type ShownManifest = z.infer<typeof shownManifest>

import { randomBytes } from 'node:crypto'
import {
  type Algorithm,
  addArtifact,
  addEmptyJson,
  addImage,
  addIndex,
  addLayer,
  type Content,
  type ContentDescriptor,
  createContent,
  digestOf,
  type ImageOptions,
  type IndexOptions,
  TYPES,
  uniqueAnnotation,
} from './content.ts'

/** Something a registry has to take, keep and give back. */
export interface DataSet {
  /** Completes the sentence "a registry keeps …". */
  readonly name: string
  /** Tags travel as parameters of the push by digest; otherwise the manifest is pushed again under each tag. */
  readonly taggedBy: 'name' | 'parameter'
  /** Makes fresh content, so that no two runs share a digest but those of well-known blobs. */
  create(): Content
}

const EXAMPLE_TYPE = 'application/vnd.example.kontor.conformance.v1'
const OTHER_EXAMPLE_TYPE = 'application/vnd.example.kontor.conformance.v2'
const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64' }

/** What every registry must take, whichever version of the specification it follows. */
export const DATA_SETS: readonly DataSet[] = [
  dataSet('an image', (content) => addImage(content, { tag: 'image' })),
  dataSet('an image with uncompressed layers', (content) => {
    addImage(content, { tag: 'uncompressed', layers: [addLayer(content, TYPES.layer), addLayer(content, TYPES.layer)] })
  }),
  dataSet('an image without layers', (content) => addImage(content, { tag: 'no-layers', layers: [] })),
  // distribution-spec, Pushing Manifests: "at least 4 megabytes"; this one has 3.9 million bytes.
  dataSet('an image with a large manifest', (content) => addImage(content, { tag: 'large', annotations: large() })),
  dataSet('an image with members no specification knows', (content) => {
    addPlatformIndex(content, { tag: 'custom-fields', customField: true })
  }),
  dataSet('an image with its content in the data fields', (content) => {
    addImage(content, { tag: 'data-field', dataField: true })
  }),
  dataSet('an image with layers that are not to be distributed', (content) => {
    const layers = [
      layerElsewhere(TYPES.nonDistributableGzip),
      layerElsewhere(TYPES.nonDistributable),
      addLayer(content),
    ]
    addImage(content, { tag: 'non-distributable', layers })
  }),
  dataSet('an index of two platforms', (content) => addPlatformIndex(content, { tag: 'index' })),
  dataSet('an index of indexes', (content) => {
    addIndex(content, [addPlatformIndex(content), addPlatformIndex(content)], { tag: 'index-of-indexes' })
  }),
  dataSet('an empty index', (content) =>
    addIndex(content, [], { tag: 'empty-index', annotations: uniqueAnnotation() }),
  ),
  dataSet('an artifact', (content) =>
    addArtifact(content, EXAMPLE_TYPE, { tag: 'artifact', artifactType: EXAMPLE_TYPE }),
  ),
  dataSet('an artifact that is all in its annotations', (content) => {
    const empty = addEmptyJson(content)
    const annotations = uniqueAnnotation()
    const artifactType = EXAMPLE_TYPE
    addImage(content, { tag: 'artifact-without-layers', config: empty, layers: [empty], artifactType, annotations })
  }),
  dataSet('an index of artifacts', (content) => {
    addArtifactIndex(content, { tag: 'artifact-index', artifactType: EXAMPLE_TYPE })
  }),
  dataSet('an image and what refers to it', (content) => {
    const subject = addImage(content, { tag: 'subject' })
    addImage(content, { subject })
    addArtifact(content, EXAMPLE_TYPE, { tag: 'referrer-1', ...referring(EXAMPLE_TYPE, subject) })
    addArtifact(content, TYPES.layer, { tag: 'referrer-2', ...referring(OTHER_EXAMPLE_TYPE, subject) })
  }),
  dataSet('an index and the indexes that refer to it', (content) => {
    const subject = addPlatformIndex(content, { tag: 'subject-index' })
    addArtifactIndex(content, { tag: 'referring-index', ...referring(EXAMPLE_TYPE, subject) })
    addIndex(content, [], { subject, annotations: uniqueAnnotation() })
  }),
  dataSet('an artifact whose subject is missing', (content) => {
    const subject = { mediaType: TYPES.image, digest: digestOf('sha256', randomBytes(32)), size: 123 }
    addArtifact(content, EXAMPLE_TYPE, { tag: 'early-referrer', ...referring(EXAMPLE_TYPE, subject) })
  }),
  // Without tag parameters nothing tells a registry which algorithm a tag should stand for, so these have no tags.
  dataSet('an index addressed by sha512', (content) => addPlatformIndex(content), { algorithm: 'sha512' }),
]

/** What the main branch of the specification adds (spec.md, Pushing Manifests: end-7b). */
export const DEV_DATA_SETS: readonly DataSet[] = (['sha256', 'sha512'] as const).map((algorithm) =>
  dataSet(
    `an index addressed by ${algorithm} and tagged by parameters`,
    (content) => {
      addPlatformIndex(content, { tag: `parameter-${algorithm}` })
      // Every manifest gets a tag, and so the index has two.
      content.manifests.forEach(({ digest }, position) => {
        content.tags.set(`parameter-${algorithm}-${position}`, digest)
      })
    },
    { algorithm, taggedBy: 'parameter' },
  ),
)

function dataSet(
  name: string,
  fill: (content: Content) => void,
  options: { algorithm?: Algorithm; taggedBy?: DataSet['taggedBy'] } = {},
): DataSet {
  return {
    name,
    taggedBy: options.taggedBy ?? 'name',
    create() {
      const content = createContent(options.algorithm)
      fill(content)
      return content
    },
  }
}

function addPlatformIndex(content: Content, options: IndexOptions = {}): ContentDescriptor {
  const { tag: _tagOfTheIndex, ...shared } = options
  const children = [AMD64, ARM64].map((platform) => addImage(content, { ...shared, platform }))
  return addIndex(content, children, options)
}

/** The children say of themselves what the index says, so a subject gets three referrers. */
function addArtifactIndex(content: Content, options: IndexOptions): ContentDescriptor {
  const { tag: _tagOfTheIndex, ...shared } = options
  const children = [AMD64, ARM64].map((platform) => addArtifact(content, EXAMPLE_TYPE, { ...shared, platform }))
  return addIndex(content, children, options)
}

function referring(artifactType: string, subject: ContentDescriptor): ImageOptions & IndexOptions {
  return {
    artifactType,
    subject,
    annotations: { 'org.opencontainers.conformance': 'hello from the tests', ...uniqueAnnotation() },
  }
}

function layerElsewhere(mediaType: string): ContentDescriptor {
  const digest = digestOf('sha256', randomBytes(32))
  return { mediaType, digest, size: 123_456, urls: [`https://store.example.com/blobs/${digest}`] }
}

function large(): Record<string, string> {
  const annotations: Record<string, string> = {}
  for (let number = 0; number < 390; number++) annotations[`large-annotation-${number}`] = 'A'.repeat(10_000)
  return annotations
}

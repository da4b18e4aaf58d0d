import type { Descriptor } from '../../../oci/descriptor.ts'
import { type ExplainedLayers, explainLayers } from '../../../oci/explain-layers.ts'
import { type ImageConfig, isImageConfigType, readImageConfig } from '../../../oci/image-config.ts'
import type { ManifestView } from '../../../oci/manifest.ts'
import { attestedDigest, isImageOfIndex, kindOfManifest, kindOfType } from '../../../oci/manifest-kind.ts'
import { isManifestMediaType } from '../../../oci/media-types.ts'
import { formatPlatform, isUnknownPlatform } from '../../../oci/platform.ts'
import type { RemoteManifest } from '../../registry/manifests.ts'
import type { RemoteRepository } from '../../registry/open-repository.ts'
import { findCompanions } from '../../transfer/collect-content.ts'
import type { DescribedChild, DescribedConfig, DescribedImage, DescribedReferrer } from './described-image.ts'

const MAX_CONFIG_BYTES = 4 * 1024 * 1024

/** Says of a manifest of any registry what a Kontor says of its own, as far as it can be seen from outside. */
export async function describeManifest(
  repository: RemoteRepository,
  manifest: RemoteManifest,
): Promise<DescribedImage> {
  const { digest, mediaType, bytes, view } = manifest
  const config = await readConfig(repository, view)
  const children = await Promise.all(view.manifests.map((child) => describeChild(repository, child)))
  const layers: ExplainedLayers = explainLayers(view, config)
  const companions = await findCompanions(repository, digest)
  const largest = Math.max(0, ...children.map(({ kind, pulledBytes }) => (kind === 'image' ? (pulledBytes ?? 0) : 0)))
  return {
    digest,
    mediaType,
    artifactType: view.artifactType ?? null,
    kind: kindOfManifest(view),
    sizeBytes: bytes.length,
    pulledBytes: bytes.length + sizeOf(view) + largest,
    usage: null,
    tags: null,
    pushedAt: null,
    annotations: view.annotations ?? {},
    subject: view.subject
      ? { digest: view.subject.digest, mediaType: view.subject.mediaType, sizeBytes: view.subject.size }
      : null,
    platforms: platformsOf(config, children),
    config: config && view.config ? describeConfig(config, view.config) : null,
    layers: layers.layers.map(({ title, step, isForeign, ...layer }) => ({
      digest: layer.digest,
      mediaType: layer.mediaType,
      sizeBytes: layer.sizeBytes,
      title: title ?? null,
      createdBy: step?.createdBy ?? null,
      createdAt: timeOf(step?.createdAt),
      foreign: isForeign,
    })),
    manifests: children,
    referrers: {
      items: [
        ...(await repository.referrers(digest)).map(describeReferrer),
        ...[...companions.values()].map(describeCompanion),
      ],
      all: null,
    },
    problems: [...layers.problems],
  }
}

async function readConfig(repository: RemoteRepository, { config }: ManifestView): Promise<ImageConfig | undefined> {
  if (config === undefined || !isImageConfigType(config.mediaType) || config.size > MAX_CONFIG_BYTES) return undefined
  return readImageConfig(await repository.read(config, MAX_CONFIG_BYTES))
}

async function describeChild(repository: RemoteRepository, child: Descriptor): Promise<DescribedChild> {
  const { digest, mediaType, artifactType, platform, size } = child
  const attestationFor = attestedDigest(child)
  const found = isManifestMediaType(mediaType) ? await repository.manifests.find(digest) : undefined
  const guessed = isImageOfIndex(child) ? 'image' : 'artifact'
  return {
    digest,
    mediaType,
    artifactType: artifactType ?? null,
    kind: attestationFor === undefined ? (kindOfType(artifactType) ?? guessed) : 'attestation',
    platform: platform === undefined || isUnknownPlatform(platform) ? null : formatPlatform(platform),
    sizeBytes: size,
    pulledBytes: found === undefined ? null : found.bytes.length + sizeOf(found.view),
    attestationFor: attestationFor ?? null,
  }
}

function describeReferrer({ digest, mediaType, artifactType, size, annotations = {} }: Descriptor): DescribedReferrer {
  const kind = kindOfType(artifactType, annotations) ?? 'artifact'
  return { digest, mediaType, artifactType: artifactType ?? null, kind, sizeBytes: size, annotations }
}

function describeCompanion({ digest, mediaType, bytes, view }: RemoteManifest): DescribedReferrer {
  const { artifactType, annotations = {} } = view
  const kind = kindOfManifest(view)
  return { digest, mediaType, artifactType: artifactType ?? null, kind, sizeBytes: bytes.length, annotations }
}

/** Bytes of what a manifest needs, each blob once. */
function sizeOf({ config, layers }: ManifestView): number {
  const blobs = new Map(
    [...(config === undefined ? [] : [config]), ...layers].map(({ digest, size }) => [digest, size]),
  )
  return [...blobs.values()].reduce((sum, size) => sum + size, 0)
}

function platformsOf(config: ImageConfig | undefined, children: readonly DescribedChild[]): readonly string[] {
  const own = config?.platform === undefined ? [] : [formatPlatform(config.platform)]
  return [...new Set([...own, ...children.flatMap(({ platform }) => platform ?? [])])]
}

function describeConfig(config: ImageConfig, { digest, mediaType, size }: Descriptor): DescribedConfig {
  const { createdAt, author, user, workingDir, entrypoint, cmd, env, exposedPorts, volumes, stopSignal, labels } =
    config
  return {
    digest,
    mediaType,
    sizeBytes: size,
    createdAt: timeOf(createdAt),
    author: author ?? null,
    user: user ?? null,
    workingDir: workingDir ?? null,
    entrypoint: entrypoint ?? null,
    cmd: cmd ?? null,
    env,
    exposedPorts,
    volumes,
    stopSignal: stopSignal ?? null,
    labels,
  }
}

function timeOf(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString()
}

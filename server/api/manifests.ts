import { parseReference } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { ExplainedConfig, ExplainedManifest, ExplainManifest } from '../registry/explain-manifest.ts'
import { type ShownManifest, shownManifest } from './manifest-schemas.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'

/** `/repositories/:repository/manifests`: what an image is, what it is made of and who speaks of it. */
export function createManifestRoutes(deps: { readonly explainManifest: ExplainManifest }): ApiRoute[] {
  const { explainManifest } = deps
  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/manifests/:reference',
      summary: 'Explain a manifest, by digest or by tag',
      access: { kind: 'repository', permission: 'pull' },
      result: shownManifest,
      statuses: [200],
      async handle({ parameters }, { place }) {
        const { id, name } = place.repository
        const manifest = await explainManifest(id, parseReference(parameters['reference'] ?? ''))
        if (manifest === undefined) throw notFound('such manifest')
        return { status: 200, body: show(manifest, name) }
      },
    }),
  ]
}

function show(manifest: ExplainedManifest, repository: RepositoryName): ShownManifest {
  const { digest, mediaType, artifactType, kind, sizeBytes, pulledBytes, usage, subject, config } = manifest
  return {
    digest,
    mediaType,
    artifactType: artifactType ?? null,
    kind,
    sizeBytes,
    pulledBytes,
    usage: { ...usage },
    tags: [...manifest.tags],
    pushedAt: showTime(manifest.pushedAt),
    annotations: manifest.annotations,
    subject: subject ? { digest: subject.digest, mediaType: subject.mediaType, sizeBytes: subject.size } : null,
    platforms: [...manifest.platforms],
    config: config ? showConfig(config) : null,
    layers: manifest.layers.map(({ title, step, isForeign, urls, ...layer }) => ({
      ...layer,
      title: title ?? null,
      createdBy: step?.createdBy ?? null,
      createdAt: showOptionalTime(step?.createdAt),
      comment: step?.comment ?? null,
      foreign: isForeign,
      urls: [...urls],
    })),
    history: manifest.history.map(({ createdBy, createdAt, author, comment, layer }) => ({
      createdBy: createdBy ?? null,
      createdAt: showOptionalTime(createdAt),
      author: author ?? null,
      comment: comment ?? null,
      layer: layer ?? null,
    })),
    manifests: manifest.children.map(({ artifactType, platform, attestationFor, pulledBytes, ...child }) => ({
      ...child,
      artifactType: artifactType ?? null,
      platform: platform ?? null,
      pulledBytes: pulledBytes ?? null,
      attestationFor: attestationFor ?? null,
    })),
    referrers: {
      items: manifest.referrers.map(({ artifactType, index, tag, ...referrer }) => ({
        ...referrer,
        artifactType: artifactType ?? null,
        index: index ?? null,
        tag: tag ?? null,
      })),
      all: manifest.hasMoreReferrers ? `/v2/${repository}/referrers/${digest}` : null,
    },
    problems: [...manifest.problems],
  }
}

function showConfig(config: ExplainedConfig): NonNullable<ShownManifest['config']> {
  const { digest, mediaType, sizeBytes, createdAt, author, user, workingDir, stopSignal, labels, healthcheck } = config
  return {
    digest,
    mediaType,
    sizeBytes,
    createdAt: showOptionalTime(createdAt),
    author: author ?? null,
    user: user ?? null,
    workingDir: workingDir ?? null,
    entrypoint: showList(config.entrypoint),
    cmd: showList(config.cmd),
    env: [...config.env],
    exposedPorts: [...config.exposedPorts],
    volumes: [...config.volumes],
    stopSignal: stopSignal ?? null,
    labels,
    healthcheck: healthcheck
      ? {
          test: [...healthcheck.test],
          intervalSeconds: healthcheck.intervalSeconds ?? null,
          timeoutSeconds: healthcheck.timeoutSeconds ?? null,
          startPeriodSeconds: healthcheck.startPeriodSeconds ?? null,
          retries: healthcheck.retries ?? null,
        }
      : null,
    shell: showList(config.shell),
  }
}

function showList(list: readonly string[] | undefined): string[] | null {
  return list ? [...list] : null
}

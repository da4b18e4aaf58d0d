import { join } from 'node:path'
import { expect } from 'vitest'
import { readExportedArchive } from '../../support/exported-archive.ts'
import {
  ADMIN,
  basic,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
  type TestServer,
} from '../../support/server.ts'

export type ExportQuery = Readonly<Record<string, string>>

/** Exports as the administrator, and what is worth exporting. */
export type ExportClient = ReturnType<typeof createExportClient>

export function exportPath(repository: string, query: ExportQuery): string {
  return `/api/v1/repositories/${encodeURIComponent(repository)}/export?${new URLSearchParams(query)}`
}

/** Where a blob is within an archive. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** Where a server keeps a blob. */
export function blobFile({ dataDir }: TestServer, digest: string): string {
  const hex = digest.slice('sha256:'.length)
  return join(dataDir, 'blobs', 'blobs', 'sha256', hex.slice(0, 2), hex)
}

/** A manifest as an index or a referrer names it. */
export function descriptorOf({ manifest, digest }: { manifest: string; digest: string }, platform?: object): object {
  return { mediaType: OCI_MANIFEST, digest, size: manifest.length, ...(platform && { platform }) }
}

export function createExportClient(server: TestServer) {
  /** Pushes an index of these manifests under a tag. */
  async function pushIndex(repository: string, tag: string, children: readonly object[]): Promise<string> {
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children })
    await putManifest(server.admin, repository, tag, index, OCI_INDEX).expect(201)
    return digestOf(index)
  }

  return {
    pushIndex,
    async download(repository: string, query: ExportQuery) {
      const headers = { authorization: basic(ADMIN.username, ADMIN.password) }
      const response = await fetch(`${server.url}${exportPath(repository, query)}`, { headers })
      expect(response.status).toBe(200)
      const bytes = Buffer.from(await response.arrayBuffer())
      const files = await readExportedArchive(bytes)
      const json = (name: string) => JSON.parse(String(files.get(name)?.bytes))
      return { headers: response.headers, bytes, files, names: [...files.keys()], json, index: json('index.json') }
    },
    /** What is said instead of an archive. */
    async refusal(repository: string, query: ExportQuery, status: number) {
      const { body, headers } = await server.admin.get(exportPath(repository, query)).expect(status)
      expect(headers['content-type']).toContain('application/problem+json')
      return body
    },
    /** Two images under `v1`, and beside them an attestation as buildkit makes it. */
    async pushTwoPlatforms(repository: string) {
      const amd64 = await pushImage(server.admin, repository, { content: 'for amd64' })
      const arm64 = await pushImage(server.admin, repository, { content: 'for arm64' })
      const attestation = await pushImage(server.admin, repository, { content: 'an attestation' })
      const digest = await pushIndex(repository, 'v1', [
        descriptorOf(arm64, { os: 'linux', architecture: 'arm64', variant: 'v8' }),
        descriptorOf(amd64, { os: 'linux', architecture: 'amd64' }),
        descriptorOf(attestation, { os: 'unknown', architecture: 'unknown' }),
      ])
      return { digest, amd64, arm64, attestation }
    },
  }
}

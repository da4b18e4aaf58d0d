import { type ImageBytes, readImageBytes, sha256Digest } from './image-bytes.ts'
import { type RegistryAccess, type RegistryAnswer, requestRegistry } from './registry-request.ts'

/** Reads the registry without any registry client's opinion: the bytes as they come over the wire. */
export interface RegistryReader {
  /** A manifest by tag or digest. Throws unless the answer is 200 and its headers agree with its body. */
  manifest(repository: string, reference: string): Promise<{ digest: string; mediaType: string; bytes: Buffer }>
  /** A blob. Throws unless the answer is 200. */
  blob(repository: string, digest: string): Promise<Buffer>
  /** A whole image, each part verified. Throws when a part is missing or damaged. */
  image(repository: string, reference: string): Promise<ImageBytes>
  /** All tags of a repository. Throws unless the answer is 200. */
  tags(repository: string): Promise<string[]>
  /** The descriptors of what refers to `digest`. Throws unless the answer is 200. */
  referrers(repository: string, digest: string): Promise<{ digest: string; artifactType: string }[]>
}

/** Every manifest type there is; some registries convert or hide what is not asked for. */
const acceptedManifests = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

/** Makes a reader that sees what `access` may pull. */
export function createRegistryReader(access: RegistryAccess): RegistryReader {
  const get = async (path: string): Promise<RegistryAnswer> => {
    const answer = await requestRegistry(access, { method: 'GET', path, headers: { accept: acceptedManifests } })
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.body.toString()}`)
    return answer
  }
  const getJson = async (path: string): Promise<unknown> => JSON.parse((await get(path)).body.toString())

  const manifest: RegistryReader['manifest'] = async (repository, reference) => {
    const path = `/v2/${repository}/manifests/${reference}`
    const { headers, body } = await get(path)
    const digest = sha256Digest(body)
    if (headers['docker-content-digest'] !== digest) {
      throw new Error(`GET ${path} promised ${headers['docker-content-digest']}, but its body is ${digest}.`)
    }
    return { digest, mediaType: headers['content-type'] ?? '', bytes: body }
  }
  const blob: RegistryReader['blob'] = async (repository, digest) =>
    (await get(`/v2/${repository}/blobs/${digest}`)).body

  return {
    manifest,
    blob,
    async image(repository, reference) {
      const { digest } = await manifest(repository, reference)
      return await readImageBytes(digest, {
        manifest: async (child) => (await manifest(repository, child)).bytes,
        blob: (child) => blob(repository, child),
      })
    },
    async tags(repository) {
      return ((await getJson(`/v2/${repository}/tags/list`)) as { tags: string[] }).tags
    },
    async referrers(repository, digest) {
      const index = await getJson(`/v2/${repository}/referrers/${digest}`)
      return (index as { manifests: { digest: string; artifactType: string }[] }).manifests
    },
  }
}

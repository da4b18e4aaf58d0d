import { randomBytes } from 'node:crypto'
import type { ContentRange } from '../../oci/content-range.ts'
import { type Digest, type DigestAlgorithm, digestAlgorithm } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { BlobStore, OwnedBytes, StagedUpload } from '../../storage/blobs/blob-store.ts'
import type { BlobLinkStore } from '../../storage/metadata/blob-links.ts'
import type { RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { UploadId, UploadSession, UploadSessionStore } from '../../storage/metadata/upload-sessions.ts'
import { type Caller, originOf } from '../access/caller.ts'
import { subjectKey } from '../access/credential.ts'
import { createCommitBlob } from './commit-blob.ts'
import type { UploadLocks } from './upload-locks.ts'

/** The body of a request, as an upload takes it. */
export interface UploadBody {
  readonly stream: AsyncIterable<OwnedBytes>
  /** Bytes announced by `Content-Length`; undefined for a chunked body. */
  readonly length: number | undefined
  /** Where the client says these bytes belong. */
  readonly range: ContentRange | undefined
}

/** An upload session and how far it got. */
export interface UploadProgress {
  readonly id: UploadId
  /** Bytes that arrived. */
  readonly offset: number
}

/** Names an upload session as its URL does. */
export interface UploadTarget {
  readonly repository: RepositoryName
  readonly id: string
}

/**
 * The upload of a blob, step by step (distribution-spec, Pushing Blobs). Requests of one session are done one after
 * the other; to anybody but the subject that started it, a session does not exist.
 */
export interface UploadBlob {
  /** @throws RegistryError TOOMANYREQUESTS for whoever has as many sessions as one may have. */
  start(repository: RepositoryName, caller: Caller): Promise<UploadProgress>
  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  progress(target: UploadTarget, caller: Caller): Promise<UploadProgress>
  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN, RANGE_INVALID (with how far the upload got), SIZE_INVALID */
  append(target: UploadTarget, body: UploadBody, caller: Caller): Promise<UploadProgress>
  /**
   * Takes the last bytes, verifies the whole, makes it visible and links it.
   * @throws RegistryError as {@link append}, and DIGEST_INVALID, after which the session is gone.
   */
  finish(target: UploadTarget, body: UploadBody, digest: Digest, caller: Caller): Promise<void>
  /** The whole blob in one request, without a session anyone can see. @throws RegistryError DIGEST_INVALID, SIZE_INVALID */
  monolithic(repository: RepositoryName, body: UploadBody, digest: Digest, caller: Caller): Promise<void>
  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  cancel(target: UploadTarget, caller: Caller): Promise<void>
}

/** An upload session of the caller's, with its bytes. */
interface OpenUpload {
  readonly session: UploadSession
  readonly staged: StagedUpload
}

export function createUploadBlob(deps: {
  readonly blobs: BlobStore
  readonly blobLinks: Pick<BlobLinkStore, 'find' | 'linkUploaded'>
  readonly repositories: Pick<RepositoryStore, 'find'>
  readonly uploadSessions: UploadSessionStore
  readonly locks: UploadLocks
  /** How many sessions one subject may have (S48). */
  readonly maxSessions: number
  readonly now: () => number
}): UploadBlob {
  const { blobs, blobLinks, repositories, uploadSessions, locks, maxSessions, now } = deps
  const commit = createCommitBlob({ blobLinks })

  async function open(target: UploadTarget, caller: Caller): Promise<OpenUpload> {
    return requireUpload(await find(target, caller))
  }

  async function find({ repository, id }: UploadTarget, caller: Caller): Promise<OpenUpload | undefined> {
    const session = await uploadSessions.find(id as UploadId)
    const isTheirs = session?.repository === repository && session.subject === subjectKey(caller.credential.subject)
    const staged = isTheirs ? await blobs.findUpload(session.storeKey) : undefined
    return staged && session && { session, staged }
  }

  /**
   * A finished session answers once more when the client did not get the first answer (a lost connection, a retry);
   * provided that what it brought is still whole.
   */
  async function isFinished({ repository }: UploadTarget, digest: Digest, caller: Caller): Promise<boolean> {
    const found = await repositories.find(repository)
    const linked = found && (await blobLinks.find(found.id, digest))
    if (linked === undefined || (await blobs.stat(digest))?.size !== linked.size) return false
    // The link can be seen before it is durable, and who is answered relies on it.
    await blobLinks.linkUploaded(repository, linked, originOf(caller))
    return true
  }

  return {
    async start(repository, caller) {
      const id = randomBytes(18).toString('base64url') as UploadId
      const subject = subjectKey(caller.credential.subject)
      // Those who start at the same moment may get a few more; it is the disk that is to be kept, not the number.
      if ((await uploadSessions.countOf(subject, maxSessions)) >= maxSessions) throw tooManySessions(maxSessions)
      const storeKey = await blobs.startUpload()
      try {
        await uploadSessions.create({ id, repository, subject, storeKey, createdAt: now() })
      } catch (error) {
        await (await blobs.findUpload(storeKey))?.discard()
        throw error
      }
      return { id, offset: 0 }
    },

    // Waits for a chunk under way: only then is it known how much of it stays, and the answer is the truth.
    progress: (target, caller) =>
      locks.hold(target.id, async () => {
        const { session, staged } = await open(target, caller)
        return { id: session.id, offset: await staged.offset() }
      }),

    append: (target, body, caller) =>
      locks.hold(target.id, async () => {
        const { session, staged } = await open(target, caller)
        return { id: session.id, offset: await appendBody(staged, body) }
      }),

    finish: (target, body, digest, caller) =>
      locks.hold(target.id, async () => {
        const upload = await find(target, caller)
        if (upload === undefined && (await isFinished(target, digest, caller))) return
        const { session, staged } = requireUpload(upload)
        await appendBody(staged, body, digestAlgorithm(digest))
        // From here the session ends either way, and its bytes must not fill the disk until the sweep. Should forgetting
        // it fail (the disk is full), the answer stands: without bytes it is a session to nobody.
        try {
          await commit(target.repository, staged, digest, caller)
        } finally {
          await uploadSessions.delete(session.id).catch(() => undefined)
        }
      }),

    async monolithic(repository, body, digest, caller) {
      const staged = await blobs.findUpload(await blobs.startUpload())
      if (staged === undefined) throw new Error('an upload vanished right after it was started')
      try {
        await appendBody(staged, body, digestAlgorithm(digest))
        await commit(repository, staged, digest, caller)
      } catch (error) {
        await staged.discard()
        throw error
      }
    },

    cancel: (target, caller) =>
      locks.hold(target.id, async () => {
        const { session, staged } = await open(target, caller)
        // The bytes first: on a full disk, forgetting the session takes the room that they free.
        await staged.discard()
        await uploadSessions.delete(session.id)
      }),
  }
}

function requireUpload(upload: OpenUpload | undefined): OpenUpload {
  if (upload === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
  return upload
}

function tooManySessions(maxSessions: number): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', {
    message:
      `you have ${maxSessions} uploads that are not finished, which is as many as one may have; finish some, cancel ` +
      'some with DELETE, or wait until they are given up, which they are when nothing is added (uploads.expireAfterHours)',
  })
}

/** Checks where the bytes are to go, adds them, and checks that all of them came. */
async function appendBody(
  staged: StagedUpload,
  { stream, length, range }: UploadBody,
  algorithm?: DigestAlgorithm,
): Promise<number> {
  const at = await staged.offset()
  if (length === 0 && range === undefined) return at
  if (range !== undefined) {
    const span = range.last - range.first + 1
    if (range.first !== at) throw new UploadOutOfOrder(at, `the next byte of this upload is ${at}, not ${range.first}`)
    if (length !== undefined && length !== span) {
      throw new UploadOutOfOrder(at, `Content-Range spans ${span} bytes, but Content-Length says ${length}`)
    }
  }
  const announced = length ?? (range && range.last - range.first + 1)
  const result = await staged.append(announced === undefined ? stream : exactly(announced, stream), {
    at,
    // A client that numbers its chunks will ask how far it got and go on from there; any other starts over.
    onInterruption: range === undefined ? 'rollback' : 'keep',
    ...(algorithm && { algorithm }),
  })
  if (result.kind === 'appended') return result.offset
  throw new UploadOutOfOrder(result.offset, `the next byte of this upload is ${result.offset}`)
}

/** Passes a body through, and fails when it is shorter or longer than announced. */
async function* exactly(announced: number, stream: AsyncIterable<OwnedBytes>): AsyncIterable<OwnedBytes> {
  let received = 0
  for await (const chunk of stream) {
    received += chunk.length
    if (received > announced) break
    yield chunk
  }
  if (received === announced) return
  const came = received > announced ? 'more' : `only ${received}`
  throw new RegistryError('SIZE_INVALID', {
    message: `${announced} bytes were announced, but ${came} came; send them again`,
  })
}

/** Bytes that do not go where the upload stands. Says how far it got: regclient and others resume from that by themselves. */
export class UploadOutOfOrder extends RegistryError {
  /** Bytes that arrived so far. */
  readonly offset: number
  constructor(offset: number, message: string) {
    super('RANGE_INVALID', { message, detail: { offset } })
    this.offset = offset
  }
}

import type { Descriptor } from '../../oci/descriptor.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { createDigestCheck, type DigestCheck, damaged } from './digest-check.ts'
import { toCliError } from './registry-error.ts'
import { connectionLost, createTries, isConnectionLost } from './retry.ts'
import type { RegistryTransport } from './transport.ts'

type Wanted = Pick<Descriptor, 'digest' | 'size'>

/** A chunk of a blob, or nothing yet. */
export type BlobChunks = AsyncGenerator<Buffer, void, undefined>

/**
 * The bytes of a blob. When the connection is lost it goes on where it was, a few times in a row without any progress.
 * @param options.from the first byte that is wanted.
 * @param options.check what has seen the bytes before; it says at the end whether all of them were the right ones.
 * @throws CliError when the blob is not there, is something else, or the registry cannot be reached any more.
 */
export async function* downloadBlob(
  transport: RegistryTransport,
  repository: string,
  blob: Wanted,
  options: { readonly from?: number; readonly check?: DigestCheck } = {},
): BlobChunks {
  const { url } = transport
  const { from = 0, check = createDigestCheck(blob) } = options
  const tries = createTries(transport.signal)
  let position = from
  while (position < blob.size) {
    try {
      for await (const chunk of await openAt(transport, repository, blob, position)) {
        if (position + chunk.length > blob.size) throw damaged(blob.digest, url.host)
        check.see(position, chunk)
        position += chunk.length
        tries.reset()
        yield chunk
      }
      if (position < blob.size) throw connectionLost(`${blob.digest} from ${url.host}`)
    } catch (error) {
      if (!isConnectionLost(error) || !(await tries.again())) throw error
    }
  }
  check.finish(url.host)
}

/** A small blob, such as a configuration. @param maxBytes larger ones are not read. */
export async function readBlob(
  transport: RegistryTransport,
  repository: string,
  blob: Wanted,
  maxBytes: number,
): Promise<Buffer> {
  if (blob.size > maxBytes) throw new CliError(`${blob.digest} has ${blob.size} bytes, too many to be read here`)
  const chunks: Buffer[] = []
  for await (const chunk of downloadBlob(transport, repository, blob)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function openAt(transport: RegistryTransport, repository: string, { digest }: Wanted, position: number) {
  const { url, isKnown } = transport
  const response = await transport.send({
    method: 'GET',
    target: `/v2/${repository}/blobs/${digest}`,
    scopes: [`repository:${repository}:pull`],
    // A proxy that compresses would count other bytes than we do.
    headers: { 'Accept-Encoding': 'identity', ...(position > 0 && { Range: `bytes=${position}-` }) },
  })
  const { status, headers } = response
  if (status === 206 && !headers['content-range']?.startsWith(`bytes ${position}-`)) {
    response.body.destroy()
    throw new CliError(`${url.host} sends another part of ${digest} than it was asked for`)
  }
  if (status !== 200 && status !== 206) {
    throw await toCliError(response, `${repository}@${digest} cannot be read`, { host: url.host, isKnown })
  }
  return chunksOf(response, status === 206 ? 0 : position, `${digest} from ${url.host}`, transport.signal)
}

/** @param skipped bytes at the beginning that were not asked for: not every registry knows ranges. */
async function* chunksOf(
  { body }: HttpResponse,
  skipped: number,
  what: string,
  signal: AbortSignal | undefined,
): BlobChunks {
  let toSkip = skipped
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined, undefined>
  try {
    while (true) {
      // Only what the connection throws is its loss: what happens to a chunk further on is somebody else's.
      const { done, value } = await chunks.next().catch((cause: unknown) => {
        throw signal?.aborted
          ? new CliError('interrupted', { exitCode: EXIT.interrupted })
          : connectionLost(what, cause)
      })
      if (done || value === undefined) return
      const wanted = value.subarray(toSkip)
      toSkip = Math.max(toSkip - value.length, 0)
      if (wanted.length > 0) yield wanted
    }
  } finally {
    body.destroy()
  }
}

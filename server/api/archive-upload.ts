import type { Request, Response } from 'express'
import multer, { MulterError } from 'multer'
import { Problem } from './problem.ts'

/** The name of the form's one field. */
export const ARCHIVE_FIELD = 'archive'

/** After a refusal the rest of a form is read and thrown away, up to this many bytes; then the connection is cut. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024

/** One part more than there may be: the second file is then refused as a second file. */
const LIMITS = { files: 1, fields: 0, parts: 2, headerPairs: 20 } as const

/** Something that was made of an archive, and must be closed. */
interface Closable {
  close(): Promise<void>
}

/**
 * Hands the file of a form over while it arrives; nothing of it is kept here.
 * @param read what becomes of its bytes; called once at most.
 * @returns what `read` made of it, once the whole form was read and had nothing else in it. The caller closes it.
 * @throws Problem for a form that is no such form, and when the client goes away; what `read` throws, as soon as it does.
 */
export async function receiveArchive<T extends Closable>(
  { request, response, example }: { readonly request: Request; readonly response: Response; readonly example: string },
  read: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  requireForm(request, example)
  return new Promise<T>((resolve, reject) => {
    let reading: Promise<T> | undefined
    const storage: multer.StorageEngine = {
      _handleFile(_request, { stream }, callback) {
        reading = read(bytesOf(stream))
        reading.then(
          () => callback(null, {}),
          (error: unknown) => {
            // multer tells of it only when the client has sent all the rest; the client should hear of it now.
            reject(error)
            limitDrain(request)
            callback(error)
          },
        )
      },
      _removeFile(_request, _file, callback) {
        Promise.resolve(reading?.then((made) => made.close())).then(() => callback(null), callback)
      },
    }
    const parse = multer({ storage, limits: LIMITS }).single(ARCHIVE_FIELD)
    parse(request, response, (error?: unknown) => {
      // What was read so far is thrown away by whoever read it; what they say of it says more than the form can.
      if (error !== undefined) void Promise.allSettled([reading]).then(() => reject(toFormProblem(error, example)))
      else if (reading === undefined) reject(missing(example))
      else resolve(reading)
    })
  })
}

function requireForm(request: Request, example: string): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', `send the form without Content-Encoding: ${example}`)
  }
  if (request.is('multipart/form-data') === 'multipart/form-data') return
  throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', `send the archive in a form (multipart/form-data): ${example}`)
}

/** What breaks off the file has broken off the request. */
async function* bytesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream
  } catch {
    throw new Problem(400, 'BODY_INVALID', 'the upload ended before the archive did; send it again')
  }
}

/** Lets a client that is still sending find the refusal, as on the wire (UPL-16). */
function limitDrain(request: Request): void {
  let drainedBytes = 0
  request.on('data', (chunk: Buffer) => {
    drainedBytes += chunk.length
    if (drainedBytes > MAX_DRAINED_BYTES) request.destroy()
  })
}

function missing(example: string): Problem {
  return new Problem(400, 'BODY_INVALID', `there is no file in the form; send the archive: ${example}`)
}

function toFormProblem(error: unknown, example: string): unknown {
  if (error instanceof Problem) return error
  if (!(error instanceof MulterError)) {
    const reason = error instanceof Error ? error.message : String(error)
    return new Problem(400, 'BODY_INVALID', `the form cannot be read (${reason}); send it so: ${example}`)
  }
  return new Problem(
    400,
    'BODY_INVALID',
    `the form must have one file, called ${ARCHIVE_FIELD}, and nothing else: ${example}`,
  )
}

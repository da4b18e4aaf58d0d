import { connect } from 'node:net'

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** What came back on one connection. */
export interface RawConversation {
  readonly answers: readonly RawAnswer[]
  /** What is no answer, nor a part of one that may be cut off: nothing, or two answers are mixed. */
  readonly rest: string
}

const PATIENCE_MS = 10_000

/** So long nothing comes when the server waits for more. Where it only took longer, what is said then is lost on it. */
const QUIET_MS = 30

/** How a conversation ends, other than by the server's closing it. */
export interface Ending {
  /** Whether that was all that is to come. */
  isDone?(conversation: RawConversation): boolean
  /** What is sent when nothing has come for a while. */
  readonly last?: string
  /** Which of the answers have no body, being those to HEAD. */
  readonly heads?: ReadonlySet<number>
}

/**
 * Sends bytes as they are, each piece in a packet of its own, and reads what comes until the end.
 * @throws Error when the server neither answers nor closes.
 */
export async function converse(
  { hostname, port }: URL,
  pieces: readonly string[],
  { isDone = () => false, last, heads = new Set() }: Ending = {},
): Promise<RawConversation> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let received = Buffer.alloc(0)
    const finish = () => {
      clearTimeout(timer)
      clearTimeout(quiet)
      socket.destroy()
      resolve(readAnswers(received, heads))
    }
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no end after ${JSON.stringify(received.toString('latin1').slice(-300))}`))
    }, PATIENCE_MS)
    const quiet = setTimeout(() => {
      if (last !== undefined) socket.write(last)
    }, QUIET_MS)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (isDone(readAnswers(received, heads))) finish()
    })
    socket.on('close', finish)
    // A connection that is cut while we send is an answer too.
    socket.on('error', () => {})
    const send = (index: number) => {
      const piece = pieces[index]
      if (piece === undefined || socket.destroyed) return
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece, () =>
        setImmediate(send, index + 1),
      )
    }
    socket.on('connect', () => send(0))
  })
}

/** Reads answers as a client does that believes their headers (RFC 9112 §6), and nothing else. */
export function readAnswers(bytes: Buffer, heads: ReadonlySet<number>): RawConversation {
  const answers: RawAnswer[] = []
  let at = 0
  while (at < bytes.length) {
    const answer = readAnswer(bytes, at, heads.has(answers.length))
    if (answer === undefined) break
    at = answer.end
    // What only says "go on" is no answer yet.
    if (answer.status >= 200) answers.push(answer)
  }
  return { answers, rest: bytes.toString('latin1', at, at + 300) }
}

function readAnswer(bytes: Buffer, start: number, isHead: boolean): (RawAnswer & { end: number }) | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n', start)
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', start, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(statusLine)?.[1])
  const fields = lines.map((line) => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t\x20-\x7e\x80-\xff]*)$/.exec(line))
  if (Number.isNaN(status) || fields.includes(null)) return undefined
  const headers = new Map(fields.map((field) => [field?.[1]?.toLowerCase() ?? '', field?.[2] ?? '']))
  const bodyStart = headEnd + 4
  const hasNone = isHead || status < 200 || status === 204 || status === 304
  if (!hasNone && headers.get('transfer-encoding') === 'chunked')
    return readChunked(bytes, bodyStart, { status, headers })
  // Without a length, as clients of HTTP/1.0 are answered, it goes on to the end.
  const length = hasNone ? 0 : Number(headers.get('content-length') ?? bytes.length - bodyStart)
  if (bodyStart + length > bytes.length) return undefined
  return { status, headers, body: bytes.subarray(bodyStart, bodyStart + length), end: bodyStart + length }
}

function readChunked(bytes: Buffer, start: number, head: Pick<RawAnswer, 'status' | 'headers'>) {
  const chunks: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (Number.isNaN(size) || bytes.toString('latin1', end, end + 2) !== '\r\n') return undefined
    if (size === 0) return { ...head, body: Buffer.concat(chunks), end: end + 2 }
    chunks.push(bytes.subarray(lineEnd + 2, end))
    at = end + 2
  }
}

/** What an answer began with. */
export interface ResponseHead {
  readonly status: number
  /** The head as it was sent, without the empty line. */
  readonly text: string
  /** As the head has it; undefined for a chunked body. */
  readonly contentLength: number | undefined
}

const END_OF_HEAD = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) /
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)(?:\r\n|$)/i
const CHUNKED = /\r\ntransfer-encoding: chunked(?:\r\n|$)/i
/** More than any registry's head; an endless one is an error, and not a bench that never ends. */
const MAX_HEAD_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Reads HTTP/1.1 answers from the bytes of one connection: as little as can be done while still noticing an answer that
 * is not as it should be, so that what is measured is the server.
 */
export class ResponseReader {
  #state: 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' = 'head'
  #unread: Buffer = NOTHING
  #remaining = 0
  #hasBody = true
  #head: ResponseHead | undefined
  readonly #onBody: (bytes: Buffer) => void
  readonly #onEnd: (head: ResponseHead) => void

  /** @param onBody given bytes that are only good until it returns. */
  constructor(onBody: (bytes: Buffer) => void, onEnd: (head: ResponseHead) => void) {
    this.#onBody = onBody
    this.#onEnd = onEnd
  }

  /** Says what the next answer is to: one to HEAD has no body, whatever length it tells. */
  expect(method: string): void {
    this.#hasBody = method !== 'HEAD'
  }

  /** @throws Error when the bytes are no HTTP/1.1. */
  read(bytes: Buffer): void {
    let rest = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    this.#unread = NOTHING
    while (rest.length > 0) {
      const used = this.#take(rest)
      if (used === undefined) {
        if (rest.length > MAX_HEAD_BYTES) throw new Error('the head of an answer has no end')
        // What came is only lent.
        this.#unread = Buffer.from(rest)
        return
      }
      rest = rest.subarray(used)
    }
  }

  /** How many bytes it could use; undefined when it needs more. */
  #take(bytes: Buffer): number | undefined {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes)
      case 'body':
      case 'chunk': {
        const used = Math.min(this.#remaining, bytes.length)
        this.#onBody(used === bytes.length ? bytes : bytes.subarray(0, used))
        this.#remaining -= used
        if (this.#remaining === 0) {
          if (this.#state === 'body') this.#end()
          else this.#state = 'chunk-end'
        }
        return used
      }
      case 'chunk-size':
        return this.#takeLine(bytes, (line) => {
          if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`a chunk has the size "${line}"`)
          this.#remaining = Number.parseInt(line, 16)
          this.#state = this.#remaining === 0 ? 'trailer' : 'chunk'
        })
      case 'chunk-end':
        return this.#takeLine(bytes, (line) => {
          if (line !== '') throw new Error('a chunk is longer than its size')
          this.#state = 'chunk-size'
        })
      case 'trailer':
        return this.#takeLine(bytes, (line) => {
          if (line === '') this.#end()
        })
    }
  }

  #takeLine(bytes: Buffer, use: (line: string) => void): number | undefined {
    const end = bytes.indexOf('\r\n')
    if (end < 0) return undefined
    use(bytes.toString('latin1', 0, end))
    return end + 2
  }

  #takeHead(bytes: Buffer): number | undefined {
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0) return undefined
    const text = bytes.toString('latin1', 0, end)
    const status = STATUS_LINE.exec(text)?.[1]
    if (status === undefined) throw new Error(`this is no HTTP/1.1: ${text.slice(0, 100)}`)
    const length = CONTENT_LENGTH.exec(text)?.[1]
    const used = end + END_OF_HEAD.length
    // What goes before the answer itself.
    if (status.startsWith('1')) return used
    this.#head = { status: Number(status), text, contentLength: length === undefined ? undefined : Number(length) }
    if (!this.#hasBody || status === '204' || status === '304') this.#end()
    else if (length !== undefined) {
      this.#remaining = Number(length)
      if (this.#remaining === 0) this.#end()
      else this.#state = 'body'
    } else if (CHUNKED.test(text)) this.#state = 'chunk-size'
    else throw new Error(`nothing says how long an answer is: ${text.slice(0, 100)}`)
    return used
  }

  #end(): void {
    const head = this.#head
    if (head === undefined) throw new Error('an answer ended before it began')
    this.#head = undefined
    this.#state = 'head'
    this.#onEnd(head)
  }
}

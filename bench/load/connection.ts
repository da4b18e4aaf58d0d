import { connect, type Socket } from 'node:net'
import { type ResponseHead, ResponseReader } from './response-reader.ts'

const READ_BUFFER_BYTES = 1024 * 1024
/** A server that says nothing for this long has failed. */
const SILENCE_MS = 60_000

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** An answer that came whole. */
export interface Answer extends ResponseHead {
  readonly bodyBytes: number
}

/** A request as it goes over the wire, without a body or with a short one. */
export interface RawRequest {
  readonly method: string
  readonly bytes: Buffer
}

interface Waiting {
  readonly onBody: ((bytes: Buffer) => void) | undefined
  readonly onAnswer: (answer: Answer) => void
  readonly onError: (error: Error) => void
  bodyBytes: number
}

/** One kept-alive connection, with at most one request under way. */
export class Connection {
  readonly #socket: Socket
  readonly #reader: ResponseReader
  #waiting: Waiting | undefined
  #failure: Error | undefined

  private constructor(address: Address, onConnect: () => void) {
    this.#reader = new ResponseReader(
      (bytes) => this.#takeBody(bytes),
      (head) => this.#takeEnd(head),
    )
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
    // One buffer for everything that comes: nothing is allocated per chunk, as in the kernel's own copying.
    const onread = { buffer, callback: (count: number) => this.#read(buffer.subarray(0, count)) }
    this.#socket = connect({ ...address, noDelay: true, onread }, onConnect)
    this.#socket.setTimeout(SILENCE_MS, () => this.#fail(new Error(`no byte moved for ${SILENCE_MS / 1000} s`)))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** @throws Error when nobody listens. */
  static open(address: Address): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection: Connection = new Connection(address, () => resolve(connection))
      connection.#socket.once('error', reject)
    })
  }

  /** Sends a request and calls back once, with no promise in between: for many small requests. */
  send(
    { method, bytes }: RawRequest,
    onAnswer: (answer: Answer) => void,
    onError: (error: Error) => void,
    onBody?: (bytes: Buffer) => void,
  ): void {
    if (this.#waiting !== undefined) throw new Error('a request is under way already')
    if (this.#failure !== undefined) {
      onError(this.#failure)
      return
    }
    this.#waiting = { onBody, onAnswer, onError, bodyBytes: 0 }
    this.#reader.expect(method)
    this.#socket.write(bytes)
  }

  /**
   * Sends a request, and its body after it as fast as it is taken.
   * @param onBody is lent the bytes of the answer's body as they come.
   * @throws Error when no whole answer comes.
   */
  async exchange(
    request: RawRequest,
    { body, onBody }: { readonly body?: Iterable<Buffer>; readonly onBody?: (bytes: Buffer) => void } = {},
  ): Promise<Answer> {
    const answered = new Promise<Answer>((resolve, reject) => this.send(request, resolve, reject, onBody))
    if (body === undefined) return answered
    // An answer may come before the body has gone, and a failure must not count as nobody's.
    let isOver = false
    const over = answered.finally(() => {
      isOver = true
    })
    over.catch(() => {})
    for (const chunk of body) {
      if (isOver) break
      if (!this.#socket.write(chunk)) await Promise.race([this.#drained(), over])
    }
    return answered
  }

  close(): void {
    this.#failure ??= new Error('the connection is closed')
    this.#socket.destroy()
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => this.#socket.once('drain', resolve))
  }

  #read(bytes: Buffer): boolean {
    try {
      if (this.#waiting === undefined) throw new Error('the server sent what nobody asked for')
      this.#reader.read(bytes)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
      this.#socket.destroy()
    }
    return true
  }

  #takeBody(bytes: Buffer): void {
    if (this.#waiting === undefined) return
    this.#waiting.bodyBytes += bytes.length
    this.#waiting.onBody?.(bytes)
  }

  #takeEnd(head: ResponseHead): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.onAnswer({ ...head, bodyBytes: waiting.bodyBytes })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.onError(this.#failure)
  }
}

import type { Answer } from './connection.ts'

/** What an answer must be for a measurement to count. */
export interface Expected {
  readonly status: number
  /** Bytes of the body. */
  readonly bodyBytes?: number
  /** What the head must tell as the body's length; for answers to HEAD. */
  readonly contentLength?: number
  /** Something that must stand in the head, such as a digest. */
  readonly inHead?: string
}

/** @throws Error that says what is wrong with an answer. */
export function checkAnswer(answer: Answer, { status, bodyBytes, contentLength, inHead }: Expected): void {
  if (answer.status !== status) throw new Error(`${status} was expected: ${answer.text.split('\r\n', 1)[0]}`)
  if (bodyBytes !== undefined && answer.bodyBytes !== bodyBytes) {
    throw new Error(`the body has ${answer.bodyBytes} bytes, not ${bodyBytes}`)
  }
  if (contentLength !== undefined && answer.contentLength !== contentLength) {
    throw new Error(`the length is told as ${answer.contentLength}, not ${contentLength}`)
  }
  if (inHead !== undefined && !answer.text.includes(inHead)) throw new Error(`the head lacks ${inHead}`)
}

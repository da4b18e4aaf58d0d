import { inspect } from 'node:util'

const MASK = '[secret]'

/** A value that does not show itself when it is logged, printed, inspected or turned into JSON. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: to be called where it is used, and nowhere near a log. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

/** Passwords are hashed whole, so there is no 72-byte trap; the cap keeps a request from buying much work (S24). */
export const MAX_PASSWORD_BYTES = 1024

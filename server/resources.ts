/** What must be closed, in the reverse of the order in which it was opened. */
export interface Resources {
  /** Remembers how to close something and passes it through. */
  own<T>(resource: T, close: (resource: T) => void | Promise<void>): T
  /** Closes everything; when one refuses, the others are closed all the same and the first error is thrown. */
  close(): Promise<void>
}

/** Node 20 has no `AsyncDisposableStack`; this is the part of it that we need. */
export function createResources(): Resources {
  const closers: (() => void | Promise<void>)[] = []
  return {
    own(resource, close) {
      closers.push(() => close(resource))
      return resource
    },
    async close() {
      const errors: unknown[] = []
      for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
        try {
          await closer()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
}

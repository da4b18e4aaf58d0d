import type { Digest } from '../../../oci/digest.ts'

/** What a tag points to; undefined when there is no such tag. */
export type TagValue = Digest | undefined

/** What somebody did with a tag, and what they were told. */
export type TagAction =
  /** The tag was pointed to a manifest. */
  | { readonly kind: 'put'; readonly value: Digest }
  /** The tag was read. */
  | { readonly kind: 'get'; readonly value: TagValue }
  /** The tags were listed, and this one was among them or not. */
  | { readonly kind: 'list'; readonly isListed: boolean }
  /** The tag was deleted; `found` is false when the answer was that there is none, undefined when there was no answer. */
  | { readonly kind: 'delete'; readonly found: boolean | undefined }

/** One entry of a history. */
export interface TagOperation {
  readonly action: TagAction
  /** When the request was sent, in milliseconds on a clock that all clients share. */
  readonly calledAt: number
  /** When the answer was there, or when it was certain that there would be none. */
  readonly returnedAt: number
  /** False when the connection broke: it was done before `returnedAt` or never. */
  readonly isAnswered: boolean
}

/** What a tag points to after an operation at one moment; undefined when the operation cannot have happened then. */
export function apply(value: TagValue, { action }: TagOperation): { readonly value: TagValue } | undefined {
  switch (action.kind) {
    case 'put':
      return { value: action.value }
    case 'get':
      return action.value === value ? { value } : undefined
    case 'list':
      return action.isListed === (value !== undefined) ? { value } : undefined
    case 'delete':
      return action.found === undefined || action.found === (value !== undefined) ? { value: undefined } : undefined
  }
}

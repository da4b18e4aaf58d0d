import { expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode, RegistryError } from '../../../oci/error-codes.ts'

/** The table of the distribution-spec and of the clients that know it, written down once more. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  STORAGE_FULL: 507,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
}

test.each(Object.entries(STATUSES))('%s is a refusal with the status %i and a sentence of its own', (text, status) => {
  const code = text as ErrorCode
  const refusal = new RegistryError(code)
  expect(refusal).toMatchObject({ name: 'RegistryError', code, status, detail: undefined, headers: {} })
  expect(refusal).toBeInstanceOf(Error)
  expect(refusal.message).toBe(ERROR_CODES[code].message)
  expect(refusal.message).toMatch(/^[a-z][^.]+$/)
})

test('no two refusals say the same', () => {
  const messages = Object.values(ERROR_CODES).map(({ message }) => message)
  expect(new Set(messages).size).toBe(messages.length)
})

test('a refusal may say more about its case', () => {
  const cause = new Error('the disk said so')
  const refusal = new RegistryError('MANIFEST_INVALID', {
    message: 'the manifest is too large',
    detail: { limit: 4 },
    status: 413,
    headers: { 'Retry-After': '1' },
    cause,
  })
  expect(refusal).toMatchObject({
    message: 'the manifest is too large',
    detail: { limit: 4 },
    status: 413,
    headers: { 'Retry-After': '1' },
  })
  expect(refusal.cause).toBe(cause)
})

test('a refusal without a cause has none, rather than one that is undefined', () => {
  expect(Object.hasOwn(new RegistryError('UNKNOWN'), 'cause')).toBe(false)
})

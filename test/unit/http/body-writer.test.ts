import { expect, test } from 'vitest'
import { ClientGone, isClientGone } from '../../../server/http/body-writer.ts'

test.each(['ECANCELED', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'])(
  'a write that ended with %s says that the client has gone',
  (code) => {
    expect(isClientGone(Object.assign(new Error(`write ${code}`), { code }))).toBe(true)
  },
)

test('so does what we say ourselves, and nothing else does', () => {
  expect(isClientGone(new ClientGone('it closed the connection'))).toBe(true)
  for (const error of [new Error('write'), Object.assign(new Error('read EIO'), { code: 'EIO' }), 'EPIPE', undefined]) {
    expect(isClientGone(error)).toBe(false)
  }
})

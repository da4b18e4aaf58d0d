import { randomBytes } from 'node:crypto'
import supertest from 'supertest'
import { expect, it, vi } from 'vitest'
import { startKontor } from '../support/kontor.ts'
import { basic, pushBlob } from '../support/server.ts'

const MIB = 1024 * 1024

it('frees the memory of an upload bit by bit while it comes in', async () => {
  const kontor = await startKontor({ nodeFlags: ['--trace-gc'], env: { KONTOR_LOG__ACCESS: 'false' } })
  try {
    const admin = supertest.agent(kontor.url).set('Authorization', basic(kontor.username, kontor.password))
    await pushBlob(admin, 'admin/large', randomBytes(66 * MIB))
    // What V8 calls a collection that it was asked for. What the server prints comes after its answer.
    await vi.waitFor(() => expect(kontor.output().match(/: Scavenge .* testing;/g)).toHaveLength(4), 5000)
  } finally {
    await kontor.stop()
  }
})

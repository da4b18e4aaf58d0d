import { randomBytes } from 'node:crypto'
import { test as base } from 'vitest'
import { startKontor } from '../support/kontor.ts'
import type { TokenUse } from './bearer-authorization.ts'
import { readConformanceSettings } from './conformance-settings.ts'
import { createOciClient } from './oci-client.ts'

/** The settings of this run, needed already while tests are being collected. */
export const settings = readConformanceSettings(process.env)

/** A repository name nobody has used: whatever a test finds there, it put there itself. */
export function newRepositoryName(): string {
  return `${settings.namespace}/r${randomBytes(6).toString('hex')}`
}

/**
 * vitest's `test`, with what a conformance case needs: `client` talks to the registry under test, `repository` is a
 * name of its own. One registry serves all tests of a file; `test.override('tokenUse', …)` chooses the client.
 */
export const conformanceTest = base
  .extend('tokenUse', (): TokenUse => 'kept')
  .extend('settings', { scope: 'file' }, settings)
  .extend('registry', { scope: 'file' }, async ({ settings: { external } }, { onCleanup }) => {
    if (external !== undefined) return external
    const kontor = await startKontor()
    onCleanup(() => kontor.stop())
    return kontor
  })
  .extend('clients', { scope: 'file' }, ({ registry }, { onCleanup }) => {
    const kept = createOciClient(registry.url, registry, 'kept')
    const anew = createOciClient(registry.url, registry, 'asked for anew')
    onCleanup(() => {
      kept.close()
      anew.close()
    })
    return { kept, 'asked for anew': anew }
  })
  .extend('client', ({ clients, tokenUse }) => clients[tokenUse])
  .extend('repository', newRepositoryName)

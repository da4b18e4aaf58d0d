import type { SigningKeys } from '../access/signing-keys.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Page } from './app.ts'

/** What supervisors, monitors and verifiers of tokens look at. */
export function createPages(deps: {
  readonly metrics: Metrics
  readonly keys: SigningKeys
  /** Resolves with what keeps the server from serving, if anything. */
  readonly findUnreadiness: () => Promise<string | undefined>
  readonly metricsAreAnonymous: boolean
}): Page[] {
  const { metrics, keys, findUnreadiness, metricsAreAnonymous } = deps
  return [
    {
      path: '/',
      name: 'home',
      access: { kind: 'public' },
      async handle(response) {
        response
          .type('text/plain')
          .send('Kontor, a container image registry. Point docker, podman or any OCI client here.\n')
      },
    },
    {
      // Only that the process runs: restarting it would not mend a broken disk.
      path: '/livez',
      name: 'livez',
      access: { kind: 'public' },
      async handle(response) {
        response.json({ status: 'alive' })
      },
    },
    {
      path: '/readyz',
      name: 'readyz',
      access: { kind: 'public' },
      async handle(response) {
        const reason = await findUnreadiness()
        if (reason === undefined) response.json({ status: 'ready' })
        else response.status(503).json({ status: 'not ready', reason })
      },
    },
    {
      path: '/metrics',
      name: 'metrics',
      access: metricsAreAnonymous ? { kind: 'public' } : { kind: 'instance', role: 'auditor' },
      async handle(response) {
        const { contentType, text } = await metrics.render()
        response.set('Content-Type', contentType).end(text)
      },
    },
    {
      path: '/.well-known/jwks.json',
      name: 'jwks',
      access: { kind: 'public' },
      async handle(response) {
        response.json(keys.jwks())
      },
    },
  ]
}

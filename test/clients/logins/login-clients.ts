import { basename } from 'node:path'
import type { ClientRegistry } from '../client-registry.ts'
import { requireDockerClients } from '../tools.ts'
import { startContainerdLogin } from './containerd-login.ts'
import { startCraneLogin } from './crane-login.ts'
import { startDockerLogin } from './docker-login.ts'
import { startHelmLogin } from './helm-login.ts'
import type { LoginClient } from './login-client.ts'
import { startPodmanLogin } from './podman-login.ts'
import { startSkopeoLogin } from './skopeo-login.ts'

/** A client that is yet to be started. */
export interface LoginClientStart {
  /** For the names of tests. */
  readonly tool: string
  /** For the names of repositories. */
  readonly slug: string
  /** Starts it, and the engine that it may need, for as long as the registry runs. Throws when one does not come up. */
  start(registry: ClientRegistry): Promise<LoginClient>
}

/** Every docker command line client of this machine. Throws when there is none. */
export function dockerLoginClients(): LoginClientStart[] {
  return requireDockerClients().map((command, index) => ({
    tool: command,
    slug: `${basename(command)}${index}`,
    start: (registry) => startDockerLogin(registry, command),
  }))
}

/** The clients that share nothing with docker but the protocol and the format in which they keep credentials. */
export const otherLoginClients: readonly LoginClientStart[] = [
  { tool: 'podman', slug: 'podman', start: startPodmanLogin },
  { tool: 'skopeo', slug: 'skopeo', start: startSkopeoLogin },
  { tool: 'crane', slug: 'crane', start: startCraneLogin },
  { tool: 'helm', slug: 'helm', start: startHelmLogin },
]

/** All of them, and containerd's, which keeps no credentials at all. */
export function allLoginClients(): LoginClientStart[] {
  return [...dockerLoginClients(), ...otherLoginClients, { tool: 'ctr', slug: 'ctr', start: startContainerdLogin }]
}

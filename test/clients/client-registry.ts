import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { startKontor } from '../support/kontor.ts'
import { type Client, createClient } from './client.ts'
import type { Daemon } from './daemon.ts'
import { createRegistryApi, type RegistryApi } from './registry-api.ts'
import { createRegistryReader, type RegistryReader } from './registry-reader.ts'
import { requireTool } from './tools.ts'

/** How clients reach the registry: unencrypted, or over TLS with a certificate of a private authority. */
export type Transport = 'http' | 'tls'

/** Both transports, for `describe.each`. */
export const transports: readonly Transport[] = ['http', 'tls']

/** A running registry and everything that makes command line clients reach it. */
export interface ClientRegistry {
  transport: Transport
  /** Host and port, as clients write it in front of a repository. */
  host: string
  /**
   * The same for docker and containerd. They trust 127.0.0.0/8 without TLS or without looking at certificates;
   * over TLS this is 0.0.0.0, which leads to the same place and with which they are as strict as with any other.
   */
  strictHost: string
  url: string
  username: string
  password: string
  /** Of the server's process. */
  pid: number
  /** The flags with which most clients log in; the password comes from standard input. */
  loginFlags: readonly string[]
  rightPassword: { input: string }
  wrongPassword: { input: string }
  /** The authority behind the registry's certificate; undefined over plain HTTP. */
  caFile: string | undefined
  /** Looks at what clients have pushed. */
  reader: RegistryReader
  /** Changes what a registry client cannot. */
  api: RegistryApi
  /** A client with a new, empty home: it trusts the registry's certificate and has no credentials. */
  client(tool: string, options?: ClientOptions): Promise<Client>
  /** Takes on a daemon that needs the registry: it is stopped before it. */
  adopt<D extends Daemon>(daemon: D): D
  /** A new empty directory that goes away with the registry. */
  newDirectory(): Promise<string>
  /** Stops what was taken on, then the registry, and removes all directories. */
  stop(): Promise<void>
}

/** What a client of one tool needs beyond the common environment. */
export interface ClientOptions {
  /** The executable, where it is not found by the tool's name. */
  command?: string
  env?: Readonly<Record<string, string>>
  /** Arguments that go before those of each call. */
  globalArgs?: readonly string[]
}

/** They look for authorities in certs.d directories; everything else written in Go reads SSL_CERT_FILE. */
const certsDirectoryTools: ReadonlySet<string> = new Set(['podman', 'skopeo', 'buildah'])

/** Starts a registry with nothing in it. Throws when it does not come up. */
export async function startClientRegistry(transport: Transport): Promise<ClientRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'kontor-clients-'))
  const newDirectory = () => mkdtemp(join(directory, 'd-'))
  const removeDirectory = () => rm(directory, { recursive: true, force: true })
  const authority = transport === 'tls' ? await createCertificateAuthority(await newDirectory()) : undefined
  const tls = await authority?.issueServerCertificate()
  const server = await startKontor(tls === undefined ? {} : { tls }).catch(async (error: unknown) => {
    await removeDirectory()
    throw error
  })
  const { url, host, username, password, pid } = server
  const caFile = authority?.caFile
  const daemons: Daemon[] = []

  return {
    transport,
    host,
    strictHost: transport === 'tls' ? host.replace('127.0.0.1', '0.0.0.0') : host,
    url,
    username,
    password,
    pid,
    loginFlags: ['--username', username, '--password-stdin'],
    rightPassword: { input: password },
    wrongPassword: { input: `not-${password}` },
    caFile,
    reader: createRegistryReader({ url, username, password, caFile }),
    api: createRegistryApi({ url, username, password, caFile }),
    newDirectory,
    adopt(daemon) {
      daemons.push(daemon)
      return daemon
    },
    async client(tool, { command = requireTool(tool), env = {}, globalArgs = [] } = {}) {
      const home = await newDirectory()
      const trust = certsDirectoryTools.has(tool)
        ? await configureContainersTool({ home, host, caFile })
        : caFile === undefined
          ? {}
          : { SSL_CERT_FILE: caFile }
      const common = { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', DOCKER_CONFIG: home }
      return createClient({ command, home, env: { ...common, ...trust, ...env }, globalArgs })
    },
    async stop() {
      await Promise.all(daemons.map((daemon) => daemon.stop()))
      await server.stop()
      await removeDirectory()
    },
  }
}

/**
 * Sets up podman, skopeo or buildah in `home`. Unlike docker they do not take 127.0.0.1 as trustworthy: without a
 * certificate the registry is declared insecure (they try TLS first, then HTTP), with one its authority is declared.
 */
async function configureContainersTool(options: {
  home: string
  host: string
  caFile: string | undefined
}): Promise<Record<string, string>> {
  const { home, host, caFile } = options
  const configDirectory = join(home, '.config', 'containers')
  const certsDirectory = join(configDirectory, 'certs.d', host)
  await mkdir(certsDirectory, { recursive: true })
  const storageFile = join(home, 'storage.conf')
  const containersFile = join(home, 'containers.conf')
  const authFile = join(home, 'auth.json')
  const insecure = caFile === undefined ? [`[[registry]]`, `location = "${host}"`, `insecure = true`] : []
  await writeFile(join(configDirectory, 'registries.conf'), `${insecure.join('\n')}\n`)
  // The overlay driver would leave mounts behind.
  const roots = [`graphroot = "${home}/storage"`, `runroot = "${home}/run"`]
  await writeFile(storageFile, `${['[storage]', 'driver = "vfs"', ...roots].join('\n')}\n`)
  // They insist that the file they are pointed to exists.
  await writeFile(authFile, '{}')
  // No systemd is needed this way, and nothing of podman's state is shared below /run.
  const engine = ['[engine]', 'cgroup_manager = "cgroupfs"', 'events_logger = "file"', `tmp_dir = "${home}/run/libpod"`]
  await writeFile(containersFile, `${engine.join('\n')}\n`)
  if (caFile !== undefined) await copyFile(caFile, join(certsDirectory, 'ca.crt'))
  return {
    CONTAINERS_CONF: containersFile,
    CONTAINERS_STORAGE_CONF: storageFile,
    // As root they would share one file below /run.
    REGISTRY_AUTH_FILE: authFile,
    XDG_RUNTIME_DIR: home,
    TMPDIR: home,
    BUILDAH_ISOLATION: 'chroot',
  }
}

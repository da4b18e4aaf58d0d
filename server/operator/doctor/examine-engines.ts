import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { delimiter, join } from 'node:path'
import { isTrustedWith } from './examine-certificate.ts'
import { isLoopback } from './examine-network.ts'
import { type Finding, type Findings, failed, ok, skipped, warning } from './finding.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the engines of this machine have to cope with. */
export interface Reached {
  readonly url: URL
  /** Whether the system knows whoever signed the certificate. */
  readonly isTrusted: boolean
  readonly env: Environment
  readonly signal: AbortSignal
}

const TIMEOUT_MS = 5000

/** Would docker and podman on this machine talk to the registry? */
export async function* examineEngines(reached: Reached): Findings {
  const hasDocker = isInstalled('docker', reached.env)
  const hasPodman = isInstalled('podman', reached.env)
  if (hasDocker) yield await examineDocker(reached)
  if (hasPodman) yield await examinePodman(reached)
  if (!hasDocker && !hasPodman) yield skipped('docker', 'neither docker nor podman is on this machine')
}

async function examineDocker(reached: Reached): Promise<Finding> {
  const { url, isTrusted, signal } = reached
  if (isLoopback(url.hostname)) return ok('docker', 'speaks to this machine without asking for a certificate')
  if (url.protocol === 'http:') {
    const insecure = await readInsecure(reached)
    if (insecure === undefined) {
      return warning('docker', 'its daemon does not answer', 'start it, or add your user to the group docker')
    }
    if (insecure(url)) return ok('docker', `is told that ${url.host} speaks plain HTTP`)
    return failed(
      'docker',
      `refuses to speak plain HTTP to ${url.host}`,
      `give the registry a certificate, or write "insecure-registries": ["${url.host}"] into /etc/docker/daemon.json and restart docker`,
    )
  }
  if (isTrusted || (await isTrustedByFolders(url, [`/etc/docker/certs.d/${url.host}`], signal))) {
    return ok('docker', 'trusts the certificate')
  }
  const file = `/etc/docker/certs.d/${url.host}/ca.crt`
  return failed('docker', 'does not trust the certificate', `write the certificate of its authority to ${file}`)
}

async function examinePodman(reached: Reached): Promise<Finding> {
  const { url, isTrusted, env, signal } = reached
  const own = join(env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? '/root', '.config'), 'containers')
  if (url.protocol === 'http:') {
    const texts = [own, '/etc/containers'].flatMap(readRegistriesConf)
    if (texts.some((text) => isInsecureInConf(text, url.host))) {
      return ok('podman', `is told that ${url.host} speaks plain HTTP`)
    }
    const file = '/etc/containers/registries.conf.d/kontor.conf'
    return warning(
      'podman',
      `speaks TLS to ${url.host} unless told otherwise`,
      `use --tls-verify=false, or write to ${file}: [[registry]] location = "${url.host}" insecure = true (three lines)`,
    )
  }
  const folders = [own, '/etc/containers', '/etc/docker'].map((folder) => join(folder, 'certs.d', url.host))
  if (isTrusted || (await isTrustedByFolders(url, folders, signal))) return ok('podman', 'trusts the certificate')
  const file = `/etc/containers/certs.d/${url.host}/ca.crt`
  return failed('podman', 'does not trust the certificate', `write the certificate of its authority to ${file}`)
}

function isInstalled(program: string, env: Environment): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)))
}

/** To which hosts docker's daemon speaks without TLS; undefined when it does not answer. */
function readInsecure({ env, signal }: Reached): Promise<((url: URL) => boolean) | undefined> {
  return new Promise((resolve) => {
    const format = ['info', '--format', '{{json .RegistryConfig}}']
    execFile('docker', format, { env, signal, timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error !== null) return resolve(undefined)
      try {
        const { InsecureRegistryCIDRs: ranges, IndexConfigs: hosts } = (JSON.parse(stdout) ?? {}) as {
          InsecureRegistryCIDRs?: readonly string[]
          IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>>
        }
        resolve((url) => hosts?.[url.host]?.Secure === false || isWithin(url.hostname, ranges ?? []))
      } catch {
        resolve(undefined)
      }
    })
  })
}

function isWithin(host: string, ranges: readonly string[]): boolean {
  const address = host.replace(/^\[|\]$/g, '')
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  if (isIP(address) === 0) return false
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix = ''] = range.split('/')
    if (isIP(network) !== 0) list.addSubnet(network, Number(prefix), family(network))
  }
  return list.check(address, family(address))
}

/** Whether the certificate is trusted by what lies where an engine looks for a registry's own authorities. */
async function isTrustedByFolders(url: URL, folders: readonly string[], signal: AbortSignal): Promise<boolean> {
  const certificates = folders.flatMap((folder) => readFiles(folder, '.crt'))
  if (certificates.length === 0) return false
  return isTrustedWith(url, certificates, signal).catch(() => false)
}

function readRegistriesConf(folder: string): readonly string[] {
  const main = join(folder, 'registries.conf')
  const parts = readFiles(join(folder, 'registries.conf.d'), '.conf')
  return existsSync(main) ? [readFileSync(main, 'utf8'), ...parts] : parts
}

/** The texts of the files in a folder; none where there is no such folder, or it may not be read. */
function readFiles(folder: string, ending: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(ending))
    return names.map((name) => readFileSync(join(folder, name), 'utf8'))
  } catch {
    return []
  }
}

/** containers-registries.conf(5), as much of its TOML as people write. */
function isInsecureInConf(text: string, host: string): boolean {
  return text
    .split(/^\s*\[\[registry\]\]/m)
    .slice(1)
    .some((block) => {
      const read = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\s#]+)`, 'm').exec(block)?.[1]
      return [read('location'), read('prefix')].includes(host) && read('insecure') === 'true'
    })
}

import { ConfigError } from '../../../config/config-error.ts'
import type { LoadedConfig } from '../../../config/load.ts'
import type { Config } from '../../../config/schema.ts'
import { formatSource } from '../../../config/source.ts'
import { findDatabase } from '../../../storage/data-folder.ts'
import { readSettings } from '../load-settings.ts'
import { type DataFolderOptions, settingsOf } from '../shared-options.ts'
import type { ShellColumn, ShellListOptions, ShellSession } from '../shell.ts'
import { examineCertificate } from './examine-certificate.ts'
import { examineEngines } from './examine-engines.ts'
import { examineNetwork, isLoopback } from './examine-network.ts'
import { examineRegistry } from './examine-registry.ts'
import { examineSettings } from './examine-settings.ts'
import { examineUpload } from './examine-upload.ts'
import { type Finding, type Findings, failed, ok, warning } from './finding.ts'
import { probe, type Trust } from './probe.ts'

export interface DoctorOptions extends DataFolderOptions, ShellListOptions {}

const COLUMNS: readonly ShellColumn<Finding>[] = [
  { heading: 'STATE', key: 'state', value: ({ state }) => state, style: ({ state }) => STYLES[state] },
  { heading: 'CHECK', key: 'check', value: ({ check }) => check },
  { heading: 'FOUND', key: 'message', value: ({ message }) => message, isElastic: true },
  { heading: 'ADVICE', key: 'advice', value: ({ advice }) => advice, isElastic: true },
]

const STYLES = { ok: 'good', warning: 'warning', failed: 'bad', skipped: 'faint' } as const
const SIGNS = { ok: '✓', warning: '!', failed: '✗', skipped: '·' } as const

/**
 * `kontor doctor [server]`: looks at everything that keeps clients from working with a registry, from here, and says
 * what to change. Without a server it looks at the registry of this machine, if there are settings or a data folder.
 * Ends with 1 when something failed.
 */
export async function doctor(session: ShellSession, server: string | undefined, options: DoctorOptions): Promise<void> {
  const { terminal } = session
  const hasFailed = { any: false }
  const findings = watch(examine(session, server, options), ({ state }) => {
    // What was cut off would look as if the registry did not answer.
    if (session.signal.aborted) throw session.refusal('interrupted', { exit: 'interrupted' })
    if (state === 'failed') hasFailed.any = true
  })
  if (terminal.isOutputShown && options.format === undefined && !options.quiet) {
    for await (const finding of findings) printFinding(session, finding)
  } else {
    const list = { rows: findings, columns: COLUMNS, name: ({ check }: Finding) => check, items: 'findings' }
    await session.printList(list, { all: true, ...options })
  }
  if (hasFailed.any) process.exitCode = 1
}

async function* watch(findings: AsyncIterable<Finding>, look: (finding: Finding) => void): AsyncGenerator<Finding> {
  for await (const finding of findings) {
    look(finding)
    yield finding
  }
}

function printFinding({ terminal }: ShellSession, { check, state, message, advice }: Finding): void {
  terminal.print(`${terminal.paint(STYLES[state], SIGNS[state])} ${terminal.paint('strong', check)}: ${message}`)
  if (advice !== null) terminal.print(`    ${advice}`)
}

async function* examine(session: ShellSession, server: string | undefined, options: DoctorOptions): Findings {
  const { config, dataDir } = options
  const isTold = config !== undefined || dataDir !== undefined
  const loaded = server === undefined || isTold ? yield* examineOwn(options, isTold) : undefined
  if (loaded === 'unusable') return
  if (server !== undefined) return yield* examineServer(session, session.serverUrl(server))
  if (loaded === undefined) return yield* examineServer(session, await session.chooseServer())
  const url = yield* examineListener(loaded.config, session.signal)
  if (url !== undefined) yield* examineServer(session, url)
}

/**
 * Looks at the settings of this machine's registry.
 * @returns undefined when there is none; `unusable` when it could not start.
 */
async function* examineOwn(options: DoctorOptions, isTold: boolean): Findings<LoadedConfig | undefined | 'unusable'> {
  let loaded: LoadedConfig
  try {
    loaded = readSettings(settingsOf(options))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { source, message } of error.problems) {
      const [said = '', ...advice] = message.split('; ')
      yield failed('settings', `${formatSource(source)}: ${said}`, advice.join('; ') || 'correct it')
    }
    return 'unusable'
  }
  const isSet = [...loaded.sources.values()].some(({ kind }) => kind !== 'default')
  if (!isTold && !isSet && findDatabase(loaded.config.dataDir) === undefined) return undefined
  yield* examineSettings(loaded)
  return loaded
}

/** Does the registry of this machine run? @returns by which URL clients reach it, if it does. */
async function* examineListener({ http }: Config, signal: AbortSignal): Findings<URL | undefined> {
  const { host, port, tls, publicUrl } = http
  const anyHost: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
  const address = anyHost[host] ?? (host.includes(':') ? `[${host}]` : host)
  const url = new URL(`${tls === undefined ? 'http' : 'https'}://${address}:${port}`)
  const nobody: Trust = { isRequired: false }
  const answer = await probe(new URL('/livez', url), { trust: nobody, signal }).catch(() => undefined)
  if (answer?.status === 200) {
    yield ok('server', `runs at ${url.origin}`)
    if (publicUrl !== undefined) return new URL(publicUrl)
    // As people call it, and as they log in to it.
    if (isLoopback(url.hostname)) url.hostname = 'localhost'
    if (tls === undefined) return url
    const advice = 'set http.publicUrl, or try: kontor doctor <name>'
    yield warning('server', 'by which name clients reach it is not set, so that its certificate was not tried', advice)
    return undefined
  }
  if (answer === undefined)
    yield warning('server', `does not run: nothing answers at ${url.origin}`, 'start it: kontor serve')
  else {
    const words = `something else answers at ${url.origin}: /livez gives ${answer.status}`
    yield failed('server', words, 'stop it, or set another port (http.port)')
  }
  return undefined
}

/** Looks at a server as its clients on this machine see it; each step only makes sense after the one before. */
async function* examineServer(session: ShellSession, url: URL): Findings {
  const { env, signal } = session
  if (!(yield* examineNetwork(url, signal))) return
  let trust: Trust = { isRequired: true }
  let isTrusted = true
  if (url.protocol === 'https:') {
    const certificate = yield* examineCertificate(url, signal)
    if (certificate === undefined) return
    trust = certificate.trust
    isTrusted = certificate.isTrusted
  } else if (!isLoopback(url.hostname)) {
    yield warning(
      'certificate',
      'it speaks plain HTTP: passwords cross the network in the clear',
      'set http.tls.certFile and http.tls.keyFile, or put a proxy before it that speaks TLS',
    )
  }
  if (!(yield* examineRegistry({ url, trust, signal }))) return
  // Credentials go to nobody who is not known.
  if (trust.isRequired) yield* examineUpload({ url, trust, signal }, await session.findAuthorization(url))
  yield* examineEngines({ url, isTrusted, env, signal })
}

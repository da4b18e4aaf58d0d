import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import { formatInitialFile } from '../../../config/initial-file.ts'
import { type LoadedConfig, loadConfig } from '../../../config/load.ts'
import type { ShellSession } from '../shell.ts'
import { type Answers, isLocalName, publicUrlOf, settingsFor } from './answers.ts'
import { type AnswerOptions, askAnswers } from './ask-answers.ts'
import { checkCertificateFiles } from './check-certificate-files.ts'
import { type AdminOptions, chooseAdmin, createAdmin } from './first-admin.ts'
import { formatUnit } from './systemd-unit.ts'

/** What `kontor init` was told by flags. */
export interface InitOptions extends AnswerOptions, AdminOptions {
  /** Where to write the settings. */
  readonly config?: string
  readonly force?: boolean
  readonly systemd?: boolean
  readonly dryRun?: boolean
}

/** A file that is to be written. */
interface NewFile {
  readonly path: string
  readonly text: string
}

/**
 * `kontor init`: asks what a registry must be told before its first start, writes it into `kontor.yaml`, and creates
 * the administrator in the data folder, so that no password has to stand anywhere. Prints the password if it made one,
 * else the files that it wrote.
 */
export async function init(session: ShellSession, options: InitOptions): Promise<void> {
  const { terminal, env, signal, refusal } = session
  const path = resolve(options.config ?? (env['KONTOR_CONFIG'] || 'kontor.yaml'))
  const unitPath = options.systemd ? join(dirname(path), 'kontor.service') : undefined
  // Before anything is asked: nobody likes to answer in vain.
  for (const file of [path, unitPath]) if (file !== undefined) refuseToOverwrite(session, file, options)

  const answers = await askAnswers(session, options)
  const text = formatInitialFile(settingsFor(answers, options.admin))
  const loaded = load(session, path, text)
  const { tls } = loaded.config.http
  if (tls !== undefined) await checkCertificateFiles(session, tls, answers.hostName)
  const admin = await chooseAdmin(session, loaded.config, options)
  const files: NewFile[] = [{ path, text }]
  if (unitPath !== undefined) files.push({ path: unitPath, text: unitFor(path, loaded) })

  if (options.dryRun) {
    for (const file of files) terminal.note(`would write ${shown(file.path)}`)
    if (admin !== undefined) terminal.note(`would create the administrator ${admin.username} in ${answers.dataDir}`)
    return
  }
  if (signal.aborted) throw refusal('interrupted', { exit: 'interrupted' })
  await write(files, async () => {
    if (admin !== undefined) await createAdmin(session, loaded.config, admin)
  })
  for (const file of files) {
    if (admin?.password.isGenerated) terminal.note(`wrote ${shown(file.path)}`)
    else terminal.print(shown(file.path))
  }
  suggestNext(session, answers, { path, unitPath, username: admin?.username ?? loaded.config.admin.username })
}

function refuseToOverwrite({ refusal }: ShellSession, path: string, { force }: InitOptions): void {
  if (!existsSync(path) || force) return
  throw refusal(`${shown(path)} exists`, { exit: 'conflict', hint: 'use --force to write over it, or --config <file>' })
}

/** Reads the new file as the server will. @throws a refusal for what was answered and cannot be used. */
function load({ refusal }: ShellSession, path: string, text: string): LoadedConfig {
  try {
    return loadConfig({ env: {}, flags: [], configFile: path, cwd: dirname(path), readFile: () => text })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw refusal(error.problems.map(({ message }) => message).join('; '), { exit: 'usage' })
  }
}

/**
 * Writes all files, or none: first beside their places, and into them once everything else has worked, too.
 * @param work what is to be done between the two.
 */
async function write(files: readonly NewFile[], work: () => Promise<void>): Promise<void> {
  const temporary = (path: string) => `${path}.${process.pid}.new`
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true })
      // Nothing in it is a secret, and the user that the registry runs as has to read it.
      await writeFile(temporary(path), text, { mode: 0o644 })
    }
    await work()
    for (const { path } of files) await rename(temporary(path), path)
  } finally {
    for (const { path } of files) await rm(temporary(path), { force: true })
  }
}

function unitFor(path: string, { config }: LoadedConfig): string {
  return formatUnit({
    command: [process.execPath, resolve(process.argv[1] ?? 'kontor'), 'serve', '--config', path],
    user: userInfo().username,
    dataDir: config.dataDir,
    port: config.http.port,
    drainSeconds: config.http.drainSeconds,
  })
}

function suggestNext(
  { terminal }: ShellSession,
  answers: Answers,
  made: { readonly path: string; readonly unitPath: string | undefined; readonly username: string },
): void {
  const { path, unitPath, username } = made
  const { transport, hostName } = answers
  const host = publicUrlOf(answers).replace(/^https?:\/\//, '')
  const withConfig = path === resolve('kontor.yaml') ? '' : ` --config ${shown(path)}`
  terminal.note('\nnext:')
  if (unitPath === undefined) terminal.note(`  kontor serve${withConfig}`)
  else terminal.note(`  sudo cp ${shown(unitPath)} /etc/systemd/system/ && sudo systemctl enable --now kontor`)
  terminal.note(`  kontor doctor${withConfig}`)
  terminal.note(`  docker login ${host} -u ${username}`)
  if (unitPath !== undefined && userInfo().uid === 0) {
    terminal.note('\nthe unit runs as root; better give it a user of its own, to whom the data folder belongs')
  }
  if (transport.kind === 'plain' && !isLocalName(hostName)) {
    terminal.note(
      `\ndocker speaks plain HTTP to ${host} only with this in its daemon.json: "insecure-registries": ["${host}"]`,
    )
  }
}

/** As short as it can be named from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { CliResult, CliUser } from './cli.ts'
import { withoutSettings } from './kontor.ts'

const OWN_HELPER = new URL('../../bin/docker-credential-kontor.cjs', import.meta.url).pathname

/** A helper as docker's own ones are, which keeps its secrets in `keychain.json` beside itself, or says what is wrong. */
const FILE_HELPER = `#!/usr/bin/env node
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const file = require('node:path').join(__dirname, 'keychain.json')
const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const input = readFileSync(0, 'utf8').trim()
const fail = (words) => { console.log(words); process.exit(1) }
if (kept.locked && process.argv[2] !== 'get') fail('the keychain is locked')
switch (process.argv[2]) {
  case 'store': kept[JSON.parse(input).ServerURL] = JSON.parse(input); break
  case 'get': kept[input] ? console.log(JSON.stringify(kept[input])) : fail('credentials not found in native keychain'); break
  case 'erase': delete kept[input]; break
  default: fail('unknown action')
}
writeFileSync(file, JSON.stringify(kept), { mode: 0o600 })
`

/** Credential helpers of docker's kind, on the `PATH` of a user. */
export interface CredentialHelpers {
  /** The folder of `docker-credential-file` and `docker-credential-kontor`, before everything else. */
  readonly path: string
  /** What `docker-credential-file` keeps. */
  keychain(): Promise<Record<string, unknown>>
  setKeychain(content: Record<string, unknown>): Promise<void>
  /** Has docker's config.json name a helper; whatever else it had goes. */
  choose(name: string): Promise<void>
  /** Calls `docker-credential-kontor` as docker does. */
  kontor(action: string, input?: string): Promise<CliResult>
}

/** Installs the helpers for a user. */
export async function installCredentialHelpers(user: CliUser): Promise<CredentialHelpers> {
  const folder = join(user.home, 'bin')
  await mkdir(folder)
  const fileHelper = join(folder, 'docker-credential-file')
  await writeFile(fileHelper, FILE_HELPER)
  await chmod(fileHelper, 0o755)
  await symlink(OWN_HELPER, join(folder, 'docker-credential-kontor'))
  const path = `${folder}${delimiter}${process.env['PATH'] ?? ''}`
  const keychain = join(folder, 'keychain.json')
  return {
    path,
    keychain: async () => JSON.parse(await readFile(keychain, 'utf8')),
    setKeychain: (content) => writeFile(keychain, JSON.stringify(content)),
    async choose(name) {
      await mkdir(user.dockerConfig, { recursive: true })
      await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ credsStore: name, psFormat: 'json' }))
    },
    kontor: (action, input = '') =>
      runProgram(join(folder, 'docker-credential-kontor'), [action], input, {
        ...withoutSettings(process.env),
        PATH: path,
        HOME: user.home,
        XDG_CONFIG_HOME: join(user.home, '.config'),
      }),
  }
}

function runProgram(
  program: string,
  arguments_: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, { env, stdio: 'pipe' })
    const written = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      written.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      written.stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, ...written }))
    // A program that reads nothing may have ended already.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

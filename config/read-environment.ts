import { resolve } from 'node:path'
import type { ConfigProblem } from './config-error.ts'
import type { Setting } from './describe.ts'
import { explainReadFailure } from './explain-read-failure.ts'
import { findNearestName } from './nearest-name.ts'
import { type GivenValue, type ReadFile, type Reading, valueOfText } from './reading.ts'

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'KONTOR_'
const FILE_SUFFIX = '_FILE'

/** Ours, but not settings: where the settings are, and what the command line client is told. */
const NOT_SETTINGS = new Set(['KONTOR_CONFIG', 'KONTOR_TOKEN', 'KONTOR_SERVER', 'KONTOR_COMPLETION_TIMEOUT_MS'])

/**
 * Kubernetes tells every pod of the Services in its namespace by variables that are named after them (kubernetes.io,
 * "Discovering services": the two SERVICE_ ones and Docker's links). A Service called `kontor`, or `kontor-db`, makes
 * names that begin like ours; a registry that refused to start for them could not live beside its own Service.
 */
const KUBERNETES_SERVICE =
  /^KONTOR_(?:[A-Z0-9]+_)*(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/
const KUBERNETES_PORT = /^KONTOR_(?:[A-Z0-9]+_)*PORT$/
const KUBERNETES_ADDRESS = /^(?:tcp|udp|sctp):\/\//

/** Reads the settings in the environment: `KONTOR_HTTP__PORT=5000`, `KONTOR_ADMIN__PASSWORD_FILE=/run/secrets/admin`. */
export function readEnvironment(
  env: Environment,
  settings: readonly Setting[],
  files: { readonly cwd: string; readonly readFile: ReadFile },
): Reading {
  const settingByName = new Map(settings.map((setting) => [setting.envName, setting]))
  const given: GivenValue[] = []
  const problems: ConfigProblem[] = []

  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(PREFIX) || NOT_SETTINGS.has(name) || isKubernetes(name, text)) continue
    const source = { kind: 'environment', name } as const
    const refuse = (message: string) => problems.push({ source, message })

    const setting = settingByName.get(name)
    if (setting !== undefined) {
      given.push({ setting, value: valueOfText(setting, text), source })
      continue
    }

    const directName = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name
    const settingInFile = settingByName.get(directName)
    if (settingInFile === undefined) {
      refuse(`there is no such setting; ${suggest(name, settings)}`)
    } else if (env[directName] !== undefined) {
      refuse(`${directName} is set too; unset one of them`)
    } else if (text === '') {
      refuse('names no file; give the path of one, or unset it')
    } else {
      try {
        const content = files.readFile(resolve(files.cwd, text)).replace(/\r?\n$/, '')
        given.push({ setting: settingInFile, value: valueOfText(settingInFile, content), source })
      } catch (error) {
        refuse(`the file ${text} ${explainReadFailure(error)}`)
      }
    }
  }
  return { given, problems }
}

function isKubernetes(name: string, text: string): boolean {
  return KUBERNETES_SERVICE.test(name) || (KUBERNETES_PORT.test(name) && KUBERNETES_ADDRESS.test(text))
}

function suggest(name: string, settings: readonly Setting[]): string {
  const isFile = name.endsWith(FILE_SUFFIX)
  const wanted = name.slice(PREFIX.length, isFile ? -FILE_SUFFIX.length : undefined)
  const key = findNearestName(
    wanted,
    settings.map((setting) => setting.key),
  )
  const nearest = settings.find((setting) => setting.key === key)
  if (nearest === undefined) return 'unset it, or look for its name in docs/configuration.md'
  return `did you mean ${nearest.envName}${isFile && !nearest.envName.endsWith(FILE_SUFFIX) ? FILE_SUFFIX : ''}?`
}

import { resolve } from 'node:path'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { describeSettings, type Setting } from './describe.ts'
import { explainIssues } from './explain-issues.ts'
import { explainReadFailure } from './explain-read-failure.ts'
import { type Environment, readEnvironment } from './read-environment.ts'
import { readFlags } from './read-flags.ts'
import { readYaml } from './read-yaml.ts'
import type { GivenValue, ReadFile, Reading } from './reading.ts'
import { type Config, configSchema } from './schema.ts'
import type { Source } from './source.ts'

/** The file that is read when none is named. */
const DEFAULT_FILE = 'kontor.yaml'

/** Everything that decides the settings; nothing else does. */
export interface ConfigInputs {
  readonly env: Environment
  /** What stood on the command line, without `--config` and its value. */
  readonly flags: readonly string[]
  /** The value of `--config`. */
  readonly configFile?: string | undefined
  /** Where relative paths start. */
  readonly cwd: string
  readonly readFile: ReadFile
}

/** The settings, and where each came from. */
export interface LoadedConfig {
  readonly config: Config
  /** By key, in the order of the schema. What is absent has no value, or one that follows from others (`http.host`). */
  readonly sources: ReadonlyMap<string, Source>
}

/**
 * Puts the settings together: defaults < YAML file < environment < flags.
 * @throws ConfigError with everything that is wrong with them.
 */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const settings = describeSettings()
  const readings = [
    readDefaults(settings),
    readConfigFile(inputs, settings),
    readEnvironment(inputs.env, settings, inputs),
    readFlags(inputs.flags, settings),
  ]
  const given = new Map<string, GivenValue>()
  for (const reading of readings) for (const value of reading.given) given.set(value.setting.key, value)

  const result = configSchema.safeParse(nest([...given.values()], inputs.cwd))
  const problems: ConfigProblem[] = readings.flatMap((reading) => reading.problems)
  if (!result.success) problems.push(...explainIssues(result.error.issues, given))
  if (!result.success || problems.length > 0) throw new ConfigError(problems)

  const sources = new Map<string, Source>()
  for (const { key } of settings) {
    const source = given.get(key)?.source
    if (source !== undefined) sources.set(key, source)
  }
  return { config: result.data, sources }
}

function readDefaults(settings: readonly Setting[]): Reading {
  const given = settings
    .filter((setting) => setting.default !== undefined)
    .map((setting) => ({ setting, value: setting.default, source: { kind: 'default' } as const }))
  return { given, problems: [] }
}

function readConfigFile(inputs: ConfigInputs, settings: readonly Setting[]): Reading {
  const { configFile, env, cwd, readFile } = inputs
  const named = configFile ?? env['KONTOR_CONFIG']
  const path = named ?? DEFAULT_FILE
  const source: Source =
    configFile !== undefined
      ? { kind: 'flag', name: '--config' }
      : named !== undefined
        ? { kind: 'environment', name: 'KONTOR_CONFIG' }
        : { kind: 'file', path }
  if (path === '') return { given: [], problems: [{ source, message: 'names no file; give the path of one' }] }
  let text: string
  try {
    text = readFile(resolve(cwd, path))
  } catch (error) {
    if (named === undefined && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { given: [], problems: [] }
    }
    return { given: [], problems: [{ source, message: `the file ${path} ${explainReadFailure(error)}` }] }
  }
  return readYaml(text, path, settings)
}

/** Turns `http.port` and its like into `{ http: { port } }`, with relative paths made absolute. */
function nest(given: readonly GivenValue[], cwd: string): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  const sections = new Map([['', root]])
  const sectionAt = (path: string): Record<string, unknown> => {
    const known = sections.get(path)
    if (known !== undefined) return known
    const section: Record<string, unknown> = {}
    sections.set(path, section)
    put(path, section)
    return section
  }
  const put = (key: string, value: unknown) => {
    const dot = key.lastIndexOf('.')
    sectionAt(key.slice(0, Math.max(dot, 0)))[key.slice(dot + 1)] = value
  }
  for (const { setting, value } of given) {
    const isPath = setting.isPath && typeof value === 'string' && value !== ''
    put(setting.key, isPath ? resolve(cwd, value) : value)
  }
  return root
}

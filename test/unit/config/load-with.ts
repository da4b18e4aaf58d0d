import { ConfigError } from '../../../config/config-error.ts'
import { type LoadedConfig, loadConfig } from '../../../config/load.ts'

/** The settings somebody gives, each place in the form people write. */
export interface GivenSettings {
  /** The content of `kontor.yaml`. */
  yaml?: string
  /** Other files there are, by absolute path. */
  files?: Record<string, string>
  env?: Record<string, string>
  flags?: readonly string[]
  configFile?: string
}

/** The working directory of all these tests; nothing is read from the real one. */
export const CWD = '/srv/kontor'

/** Loads settings from what is given and nothing else. */
export function loadWith({ yaml, files = {}, env = {}, flags = [], configFile }: GivenSettings): LoadedConfig {
  const contents = new Map(Object.entries(files))
  if (yaml !== undefined) contents.set(`${CWD}/kontor.yaml`, yaml)
  const readFile = (path: string) => {
    const content = contents.get(path)
    if (content === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
    return content
  }
  return loadConfig({ env, flags, configFile, cwd: CWD, readFile })
}

/** Loads settings that cannot be used, and returns what is said about them, one line per problem. */
export function problemsWith(given: GivenSettings): readonly string[] {
  try {
    loadWith(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

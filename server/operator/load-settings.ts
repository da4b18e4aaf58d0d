import { readFileSync } from 'node:fs'
import { ConfigError } from '../../config/config-error.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'

/** What an operator's command was given. */
export interface SettingsArguments {
  /** Settings on the command line, as they were written. */
  readonly flags: readonly string[]
  /** The value of `--config`, if there is one. */
  readonly configFile?: string | undefined
}

/** Loads the settings of this process. @throws ConfigError with everything that is wrong with them. */
export function readSettings(settings: SettingsArguments): LoadedConfig {
  return loadConfig({
    ...settings,
    env: process.env,
    cwd: process.cwd(),
    readFile: (path) => readFileSync(path, 'utf8'),
  })
}

/**
 * Loads the settings of this process. When they cannot be used, says everything that is wrong on stderr, sets the exit
 * code (2 when the command line is at fault, else 1) and returns undefined.
 */
export function loadSettings(settings: SettingsArguments): LoadedConfig | undefined {
  try {
    return readSettings(settings)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(`kontor: the settings cannot be used\n${error.message.replace(/^/gm, '  ')}`)
    process.exitCode = error.problems.some(({ source }) => source.kind === 'flag') ? 2 : 1
    return undefined
  }
}

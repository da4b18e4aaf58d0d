import { formatConfig } from '../../config/print.ts'
import { loadSettings, type SettingsArguments } from './load-settings.ts'

/** `kontor config print`: the settings in effect as YAML, each with its source, without secrets. */
export function printConfig(settings: SettingsArguments): void {
  const loaded = loadSettings(settings)
  if (loaded !== undefined) process.stdout.write(formatConfig(loaded))
}

import { formatSource } from '../../config/source.ts'
import { findConfigWarnings } from '../../config/warnings.ts'
import { loadSettings, type SettingsArguments } from './load-settings.ts'

/**
 * `kontor config check`: says "ok" and where the settings come from that somebody set, or what is wrong; and on stderr
 * what can be used but will most likely not do what is wanted.
 */
export function checkConfig(settings: SettingsArguments): void {
  const loaded = loadSettings(settings)
  if (loaded === undefined) return
  const set = [...loaded.sources].filter(([, source]) => source.kind !== 'default')
  const width = Math.max(...set.map(([key]) => key.length))
  console.log('ok')
  for (const [key, source] of set) console.log(`  ${key.padEnd(width)}  ${formatSource(source)}`)
  console.log(set.length === 0 ? '  all settings have their defaults' : '  all others have their defaults')
  for (const { source, message } of findConfigWarnings(loaded)) {
    console.error(`warning: ${formatSource(source)}: ${message}`)
  }
}

import type { Config } from '../../config/schema.ts'
import { loadSettings, type SettingsArguments } from './load-settings.ts'
import { waitForStopSignal } from './stop-signal.ts'

/**
 * `kontor serve`: runs the registry until SIGTERM or SIGINT, then lets it finish its requests and exits with 0;
 * a second signal ends it at once. A registry that cannot start says why in one line and exits with 1.
 */
export async function serve(settings: SettingsArguments, version: string): Promise<void> {
  const loaded = loadSettings(settings)
  if (loaded === undefined) return
  const stop = waitForStopSignal(process, (exitCode) => process.exit(exitCode))
  try {
    const { composeServer } = await import('../compose.ts')
    const server = await composeServer(loaded.config, { version })
    await server.listen()
    await stop
    await server.close()
    // Not left to the event loop: something that was forgotten there must not keep a stopped registry alive.
    process.exit(0)
  } catch (error) {
    console.error(`kontor: ${explain(error, loaded.config)}`)
    process.exit(1)
  }
}

function explain(error: unknown, { log }: Config): string {
  if (!(error instanceof Error)) return String(error)
  if (log.level === 'debug' || log.level === 'trace') return error.stack ?? error.message
  return error.message.replaceAll(/\s*\n\s*/g, ' ')
}

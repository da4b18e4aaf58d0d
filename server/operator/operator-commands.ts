import { setFlagsFromString } from 'node:v8'
import type { Command } from 'commander'

/** Adds the commands that run the registry of this machine, and look after it. */
export function addOperatorCommands(program: Command, version: string): void {
  // Each command is loaded when it is asked for: `--version` answers before the first library would be there.
  takeSettings(program.command('serve').description('run the registry')).action(async (flags, options) => {
    boundHeap()
    const { serve } = await import('./serve.ts')
    await serve({ flags, configFile: options.config }, version)
  })
  takeSettings(
    program.command('scrub').description('compare everything stored with its digest; ends with 3 when some is damaged'),
  )
    .option('--rate <rate>', 'how much to read per second, as in 50MiB/s; or unlimited (default: 32MiB/s)')
    .option('--restart', 'begin anew instead of going on with a scrub that is not finished')
    .action(async (flags, options) => {
      const { scrub } = await import('./scrub.ts')
      const { config, rate, restart } = options
      await scrub({ flags, configFile: config }, { rate, startsOver: restart === true })
    })
  const config = program.command('config').description('look at the settings')
  takeSettings(config.command('check').description('say whether the settings can be used')).action(
    async (flags, options) => {
      const { checkConfig } = await import('./config-check.ts')
      checkConfig({ flags, configFile: options.config })
    },
  )
  takeSettings(config.command('print').description('print the settings in effect, and where they come from')).action(
    async (flags, options) => {
      const { printConfig } = await import('./config-print.ts')
      printConfig({ flags, configFile: options.config })
    },
  )
}

/** Settings are no options of commander's: their names come from the schema, which is not loaded yet. */
function takeSettings(command: Command) {
  return command
    .option('--config <file>', 'YAML file with settings (default: $KONTOR_CONFIG, or kontor.yaml if there is one)')
    .argument('[settings...]', 'any setting, as in --http.port 5000; docs/configuration.md lists them')
    .allowUnknownOption()
}

/**
 * Lets V8 collect its old generation when that has doubled. Left to itself it waits until there are four times as many
 * bytes, which for a registry are requests of 2,000 busy clients (250 to 265 MB resident; so 180, at the same speed).
 */
function boundHeap(): void {
  setFlagsFromString('--heap-growing-percent=100')
}

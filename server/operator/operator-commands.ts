import { setFlagsFromString } from 'node:v8'
import type { Command } from 'commander'
import { withDataFolder } from './shared-options.ts'
import type { Shell } from './shell.ts'
import { addUserCommands } from './user/user-commands.ts'

/** Adds the commands that run the registry of this machine, and look after it. */
export function addOperatorCommands(program: Command, version: string, shell: Shell): void {
  // Each command is loaded when it is asked for: `--version` answers before the first library would be there.
  takeSettings(program.command('serve').description('run the registry')).action(async (flags, options) => {
    boundHeap()
    const { serve } = await import('./serve.ts')
    await serve({ flags, configFile: options.config }, version)
  })
  addInit(program, shell)
  addConfigCommands(program)
  withDataFolder(shell.withList(shell.withChange(program.command('migrate'))))
    .description('bring the database to the version of this program, while no server runs')
    .option('--status', 'list the steps that are made and still to be made, and make none')
    .action((options) =>
      shell.run(async (session) => {
        const { migrate } = await import('./migrate.ts')
        await migrate(session, options)
      }),
    )
  addUserCommands(program, shell)
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
  withDataFolder(
    shell.withList(program.command('doctor').argument('[server]', "its address (default: this machine's)")),
  )
    .description(
      'look for what keeps clients from working with a registry, and say what to change; ends with 1 if there is any',
    )
    .action((server, options) =>
      shell.run(async (session) => {
        const { doctor } = await import('./doctor/doctor.ts')
        await doctor(session, server, options)
      }),
    )
}

function addInit(program: Command, shell: Shell): void {
  shell
    .withChange(program.command('init'))
    .description('set up a registry: ask what it must be told, write kontor.yaml, create the administrator')
    .option('--config <file>', 'where to write the settings (default: $KONTOR_CONFIG, or kontor.yaml)')
    .option('--host-name <name>', 'by which clients reach it; localhost for this machine alone')
    .option('--port <number>', 'on which it listens')
    .option('--data-dir <folder>', 'that holds everything it stores')
    .option('--tls-cert <file>', 'certificate and its chain (PEM), with which it speaks TLS itself')
    .option('--tls-key <file>', 'private key of the certificate (PEM)')
    .option('--proxy <addresses>', 'addresses of the proxies before it that speak TLS')
    .option('--no-tls', 'plain HTTP')
    .option('--admin <name>', 'name of the administrator')
    .option('--admin-password-stdin', 'read the password of the administrator from standard input')
    .option('--systemd', 'write kontor.service, too')
    .option('--force', 'write over files that are there')
    .option('-y, --yes', 'take the usual answer instead of asking')
    .action((options) =>
      shell.run(async (session) => {
        const { init } = await import('./init/init.ts')
        await init(session, options)
      }),
    )
}

function addConfigCommands(program: Command): void {
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
  config
    .command('schema')
    .description('print the JSON Schema of kontor.yaml, for editors')
    .action(async () => {
      const { printConfigSchema } = await import('./config-schema.ts')
      printConfigSchema()
    })
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

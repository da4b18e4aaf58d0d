import type { Command } from 'commander'
import type { SettingsArguments } from './load-settings.ts'

/** How a command that works on a data folder is told which one. */
export interface DataFolderOptions {
  readonly config?: string
  readonly dataDir?: string
}

/** The flags of {@link DataFolderOptions}. */
export function withDataFolder<C extends Command>(command: C): C {
  command
    .option('--config <file>', 'YAML file with settings (default: $KONTOR_CONFIG, or kontor.yaml if there is one)')
    .option('--data-dir <folder>', 'folder that holds everything the registry stores (default: that of the settings)')
  return command
}

/** The same as if the settings had been written on the command line. */
export function settingsOf({ config, dataDir }: DataFolderOptions): SettingsArguments {
  return { configFile: config, flags: dataDir === undefined ? [] : [`--data-dir=${dataDir}`] }
}

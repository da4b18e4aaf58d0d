import { type Command, InvalidArgumentError } from 'commander'

/** What every command that changes something takes. */
export interface ChangeOptions {
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean
  /** Do not ask. */
  readonly yes?: boolean
}

export function withServer<C extends Command>(command: C): C {
  command.option('-s, --server <address>', 'the server (default: the host in the name, $KONTOR_SERVER, or the context)')
  return command
}

/** The flags of `ListOptions` (output/print-list.ts). */
export function withList<C extends Command>(command: C): C {
  withFormat(command)
    .option('-q, --quiet', 'only names, one in a line')
    .option('--no-trunc', 'cut nothing off')
    .option('-f, --filter <key=value>', 'only rows with this; may be repeated', collect)
    .option('--sort <key>', 'order by a column; -key turns it round')
    .option('--limit <count>', 'how many (default: 50)', readCount)
    .option('--all', 'all of them')
  return command
}

export function withFormat<C extends Command>(command: C): C {
  command.option('--format <format>', "table, json, jsonl, csv, or a template as '{{.Name}}'")
  return command
}

/** The flags of {@link ChangeOptions}. @param risk whether it asks before it does what cannot be undone. */
export function withChange<C extends Command>(command: C, risk: 'asks' | 'harmless' = 'harmless'): C {
  command.option('--dry-run', 'say what would be done, and do nothing')
  if (risk === 'asks') command.option('-y, --yes', 'do not ask')
  return command
}

/** For options that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** @throws InvalidArgumentError which commander reports with the option's name. */
export function readCount(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new InvalidArgumentError('a whole number above 0 is wanted.')
}

/** @throws InvalidArgumentError which commander reports with the option's name. */
export function readSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.1 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('seconds from 0.1 to 86400 are wanted.')
}

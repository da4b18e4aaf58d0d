import type { Command } from 'commander'
import { harmless } from '../../output/display-width.ts'
import { readUnfinishedLine, type UnfinishedLine, type Wanted } from './command-line.ts'

/** What a word may become. */
interface Candidate {
  readonly value: string
  readonly description?: string
}

/** The shell itself knows its files best. */
const FILES = ':files'

/**
 * After this long since the program was started, whoever types is not to wait any longer; in milliseconds. Where the
 * server is far away, `KONTOR_COMPLETION_TIMEOUT_MS` gives it longer.
 */
const BUDGET_MS = 280

function budgetMs({ KONTOR_COMPLETION_TIMEOUT_MS: text = '' }: NodeJS.ProcessEnv): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : BUDGET_MS
}

/** Prints what the last of the words may become, a line each; nothing when that cannot be said in time. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const line = readUnfinishedLine(program, words)
  const outOfTime = AbortSignal.timeout(Math.max(Math.ceil(budgetMs(process.env) - process.uptime() * 1000), 1))
  const late = new Promise<readonly Candidate[]>((resolve) => {
    outOfTime.addEventListener('abort', () => resolve([]))
  })
  // Whatever fails, be it a broken configuration, the shell's line must stay as it is.
  const candidates = await Promise.race([findCandidates(line, words.at(-1) ?? '', outOfTime), late]).catch(() => [])
  const lines = candidates.map(({ value, description }) => {
    return `${harmless(value)}${description === undefined ? '' : `\t${harmless(description)}`}\n`
  })
  // What still waits for an answer, or for a credential helper, is left.
  process.stdout.write(lines.join(''), () => process.exit(0))
}

async function findCandidates(
  line: UnfinishedLine,
  current: string,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const { command, wanted } = line
  const help = command.createHelp()
  switch (wanted.kind) {
    case 'nothing':
      return []
    case 'command':
      return help
        .visibleCommands(command)
        .map((one) => ({ value: one.name(), description: one.description() }))
        .filter(({ value }) => value.startsWith(current))
    case 'option':
      return help
        .visibleOptions(command)
        .map(({ long, short, description }) => ({ value: long ?? short ?? '', description }))
        .filter(({ value }) => value.startsWith(current))
    case 'value': {
      const { before, typed } = wanted
      const values = await findValues(wanted, line, signal)
      return values
        .filter((value) => value === FILES || value.startsWith(typed))
        .map((value) => ({ value: value === FILES ? value : before + value }))
    }
  }
}

async function findValues(
  { name, choices, typed }: Wanted & { kind: 'value' },
  { operands, values }: UnfinishedLine,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (choices.length > 0) return choices
  const load = async () => {
    const { createLiveNames } = await import('./live-names.ts')
    return createLiveNames(process.env, values.get('server'), signal)
  }
  // By what the help calls it, so that each command is completed as soon as it is there.
  switch (name) {
    case 'file':
    case 'path':
    case 'archive':
      return [FILES]
    case 'format':
      return ['table', 'json', 'jsonl', 'csv']
    case 'repository':
      return (await load()).repositories(typed)
    case 'image':
    case 'source':
    case 'target':
    case 'from':
    case 'to':
      return (await load()).images(typed)
    case 'tag':
      return (await load()).tags(operands[0] ?? '', typed)
    case 'namespace':
    case 'org':
    case 'organization':
      return (await load()).organizations()
    default:
      return []
  }
}

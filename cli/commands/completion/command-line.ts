import type { Argument, Command, Option } from 'commander'

/** What is to come where the cursor is. */
export type Wanted =
  | { readonly kind: 'command' }
  | { readonly kind: 'option' }
  | {
      readonly kind: 'value'
      /** What the help calls it: `repository`, `file`. */
      readonly name: string
      readonly choices: readonly string[]
      /** What stands before it in the same word: `--format=`. */
      readonly before: string
      /** What there is of it. */
      readonly typed: string
    }
  | { readonly kind: 'nothing' }

/** A command line that is not finished, as the program's own commands and options read it. */
export interface UnfinishedLine {
  readonly command: Command
  readonly wanted: Wanted
  /** What stands before the cursor and is neither command nor option. */
  readonly operands: readonly string[]
  /** Of options that take one, by their long names without the dashes. */
  readonly values: ReadonlyMap<string, string>
}

/** Reads the words behind the name of the program, of which the last, maybe empty, is being typed. */
export function readUnfinishedLine(program: Command, words: readonly string[]): UnfinishedLine {
  const current = words.at(-1) ?? ''
  const operands: string[] = []
  const values = new Map<string, string>()
  let command = program
  let isOnlyOperands = false
  let open: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (open !== undefined) {
      values.set(open.name(), word)
      open = undefined
    } else if (!isOnlyOperands && word === '--') {
      isOnlyOperands = true
    } else if (!isOnlyOperands && word.startsWith('-') && word !== '-') {
      const { option, value } = readOption(command, word)
      if (option !== undefined && value !== undefined) values.set(option.name(), value)
      else if (option !== undefined && takesValue(option)) open = option
    } else {
      const next = operands.length === 0 ? findCommand(command, word) : undefined
      if (next === undefined) operands.push(word)
      else command = next
    }
  }
  return { command, operands, values, wanted: readWanted() }

  function readWanted(): Wanted {
    if (open !== undefined) return valueOfOption(open, '', current)
    if (!isOnlyOperands && current.startsWith('-')) {
      const { option, value } = readOption(command, current)
      if (value === undefined) return { kind: 'option' }
      return option === undefined
        ? { kind: 'nothing' }
        : valueOfOption(option, current.slice(0, current.length - value.length), value)
    }
    if (command.commands.length > 0 && operands.length === 0) return { kind: 'command' }
    const argument = command.registeredArguments[operands.length] ?? repeatedArgument(command)
    if (argument === undefined) return { kind: 'nothing' }
    return { kind: 'value', name: argument.name(), choices: argument.argChoices ?? [], before: '', typed: current }
  }
}

function valueOfOption(option: Option, before: string, typed: string): Wanted {
  const [, name = ''] = /[<[]([^>\]]+)[>\]]/.exec(option.flags) ?? []
  return { kind: 'value', name, choices: option.argChoices ?? [], before, typed }
}

function readOption(
  { options }: Command,
  word: string,
): { readonly option: Option | undefined; readonly value: string | undefined } {
  const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
  return { option: options.find(({ long, short }) => long === name || short === name), value }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

function findCommand({ commands }: Command, word: string): Command | undefined {
  return commands.find((command) => command.name() === word || command.aliases().includes(word))
}

function repeatedArgument({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1)
  return last?.variadic ? last : undefined
}

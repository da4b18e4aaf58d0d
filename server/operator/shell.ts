import type { Command } from 'commander'

/**
 * What the client lends to the commands of an operator, so that all commands of the program look and answer alike.
 * The client may not know the server, nor the server the client: whoever starts the program hands it over.
 */
export interface Shell {
  /** Runs a command: prints what it throws in one line, and ends with the code for it. */
  run(work: (session: ShellSession) => Promise<void>): Promise<void>
  /** Adds the flags of a list: `--format`, `--quiet`, `--filter`, … */
  withList<C extends Command>(command: C): C
  /** Adds `--dry-run`. */
  withChange<C extends Command>(command: C): C
}

/** Which word of docs/cli.md's table of exit codes a command ends with. */
export type ExitWord = 'error' | 'usage' | 'notFound' | 'conflict' | 'network' | 'interrupted'

/** What one command works with. */
export interface ShellSession {
  readonly terminal: ShellTerminal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by ^C. */
  readonly signal: AbortSignal
  /** An error that ends the command. @param more.hint the next command to try, or what to change. */
  refusal(message: string, more?: { readonly exit?: ExitWord; readonly hint?: string | undefined }): Error
  printList<Row>(list: ShellList<Row>, options: ShellListOptions): Promise<void>
  /** Asks for a line on the terminal. @throws a refusal where nobody can be asked, and after ^C. */
  ask(question: ShellQuestion): Promise<string>
  /** The address of a server from what a user calls it. @throws a refusal for what is none. */
  serverUrl(text: string): URL
  /** The server that a command is meant for when none is named: `KONTOR_SERVER`, the context, this machine's. */
  chooseServer(): Promise<URL>
  /** The `Authorization` header of who is logged in there; undefined for nobody. */
  findAuthorization(url: URL): Promise<string | undefined>
}

/** Where a command writes: data to stdout, everything else to stderr. */
export interface ShellTerminal {
  readonly stdin: NodeJS.ReadStream
  /** Whether a person reads stdout. */
  readonly isOutputShown: boolean
  /** Whether somebody can be asked. */
  readonly canAsk: boolean
  paint(
    style: 'good' | 'bad' | 'warning' | 'faint' | 'strong' | 'heading',
    text: string,
    stream?: 'stdout' | 'stderr',
  ): string
  /** A line of data. */
  print(line: string): void
  /** A line for whoever watches. */
  note(line: string): void
}

export interface ShellQuestion {
  readonly text: string
  /** What to write on the command line where nobody can be asked. */
  readonly instead: string
  readonly isSecret?: boolean
}

export interface ShellList<Row> {
  readonly rows: AsyncIterable<Row>
  readonly columns: readonly ShellColumn<Row>[]
  /** What a row is called, for `--quiet`. */
  readonly name: (row: Row) => string
  /** What the rows are: `users`. */
  readonly items: string
}

export interface ShellColumn<Row> {
  /** In capitals, as docker has it. */
  readonly heading: string
  /** What `--sort`, `--filter` and CSV call it. */
  readonly key: string
  /** For scripts. */
  value(row: Row): string | number | boolean | null
  /** For people; the value itself unless told. */
  show?(row: Row): string
  readonly style?: (row: Row) => 'good' | 'bad' | 'warning' | 'faint' | 'strong' | undefined
  readonly isElastic?: true
}

/** The flags of a list, as they were given. */
export interface ShellListOptions {
  readonly format?: string
  readonly quiet?: boolean
  readonly trunc?: boolean
  readonly filter?: readonly string[]
  readonly sort?: string
  readonly limit?: number
  readonly all?: boolean
}

import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Column } from '../output/column.ts'
import type { ListOptions } from '../output/print-list.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { run } from './run.ts'
import { withChange, withList } from './shared-options.ts'

/** What the commands of an operator work with, which are the server's and know nothing of the client. */
export interface OperatorSession {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  refusal(message: string, more?: { readonly exit?: keyof typeof EXIT; readonly hint?: string | undefined }): CliError
  printList<Row>(
    list: {
      readonly rows: AsyncIterable<Row>
      readonly columns: readonly Column<Row>[]
      readonly name: (row: Row) => string
      readonly items: string
    },
    options: ListOptions,
  ): Promise<void>
  ask(question: { readonly text: string; readonly instead: string; readonly isSecret?: boolean }): Promise<string>
  serverUrl(text: string): URL
  chooseServer(): Promise<URL>
  findAuthorization(url: URL): Promise<string | undefined>
}

/** What the client lends to the commands of an operator, so that all commands look and answer alike. */
export interface OperatorShell {
  run(work: (session: OperatorSession) => Promise<void>): Promise<void>
  withList<C extends Command>(command: C): C
  withChange<C extends Command>(command: C): C
}

/** Each piece is loaded when it is asked for: most commands need one or two. */
export const OPERATOR_SHELL: OperatorShell = {
  withList,
  withChange,
  run: (work) =>
    run(async (cli) => {
      const { terminal, env, signal } = cli
      const { serverUrl } = await import('../servers/server-url.ts')
      await work({
        terminal,
        env,
        signal,
        serverUrl,
        refusal: (message, { exit = 'error', hint } = {}) => new CliError(message, { exitCode: EXIT[exit], hint }),
        async printList(list, options) {
          const { printList } = await import('../output/print-list.ts')
          await printList(terminal, list, options)
        },
        async ask(question) {
          const { ask } = await import('../terminal/ask.ts')
          return ask(terminal, question)
        },
        async chooseServer() {
          const { chooseServer } = await import('../servers/choose-server.ts')
          return chooseServer(env, {})
        },
        async findAuthorization(url) {
          const { findCredential } = await import('../credentials/find-credential.ts')
          const { authorizationOf } = await import('../api/open-api.ts')
          const credential = await findCredential(env, url.host)
          return credential && authorizationOf(credential, url)
        },
      })
    }),
}

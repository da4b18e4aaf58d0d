import { EXIT, type ExitCode } from './exit-codes.ts'
import { harmless } from './output/display-width.ts'

/** A command that cannot go on: what is wrong, and what to try next. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** The server's word for it, such as `NAME_UNKNOWN`; undefined for what no server has said. */
  readonly code: string | undefined
  /** Of the server's answer, for its log. */
  readonly requestId: string | undefined
  /** The next command to try, or what to change. */
  readonly hint: string | undefined

  constructor(
    message: string,
    more: {
      readonly exitCode?: ExitCode
      readonly code?: string | undefined
      readonly requestId?: string | undefined
      readonly hint?: string | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'CliError'
    this.exitCode = more.exitCode ?? EXIT.error
    this.code = more.code
    this.requestId = more.requestId
    this.hint = more.hint
  }
}

/** One line for people: `error: there is no tag 9.9 in acme/web (MANIFEST_UNKNOWN, request 4f…); try: kontor tag ls acme/web`. */
export function describeError(error: unknown): string {
  return `error: ${describeReason(error)}`
}

/** The same within a remark, of what did not stop the command. */
export function describeReason(error: unknown): string {
  if (!(error instanceof CliError)) return oneLine(error instanceof Error ? error.message : String(error))
  const said = [error.code, error.requestId && `request ${error.requestId}`].filter((part) => part !== undefined)
  const more = said.length === 0 ? '' : ` (${oneLine(said.join(', '))})`
  return `${oneLine(error.message)}${more}${error.hint === undefined ? '' : `; ${error.hint}`}`
}

/** Much of it is what a server has said. */
function oneLine(text: string): string {
  return harmless(text.replace(/\s*\n\s*/g, ' '))
}

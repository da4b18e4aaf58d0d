import { expect } from 'vitest'
import { describeRun, type RunOptions, type RunResult, run } from './run.ts'

/** A command line client with a home of its own: its credentials, trusted certificates and storage. */
export interface Client {
  /** The client's home directory, empty but for what makes it reach the registry. */
  home: string
  /** The environment it runs in. */
  env: Readonly<Record<string, string>>
  /** Runs it and fails the test, showing all it said, unless it succeeds. */
  ok(args: readonly string[], options?: CallOptions): Promise<RunResult>
  /**
   * Runs it and fails the test unless the registry turned it away with words a person understands:
   * the refusal itself, not the client's complaint about an answer that it could not parse.
   */
  refused(args: readonly string[], options?: CallOptions): Promise<RunResult>
  /** Runs it and fails the test unless it fails, for whatever reason. */
  fails(args: readonly string[], options?: CallOptions): Promise<RunResult>
}

/** What one call of a client may vary. */
export type CallOptions = Pick<RunOptions, 'input' | 'cwd' | 'timeoutMs'>

/** Every client words a refusal in its own way around what the registry said. */
const refusalWords = /unauthorized|denied|authentication required|authorization failed|invalid username\/password/i

/** An answer to HEAD has no body, but containers/image parses it all the same, after the words of the challenge. */
const headNoise = /error parsing HTTP 401 response body: unexpected end of JSON input: \\?"\\?"/g

/** What Go clients print when the body of an error is not the JSON they expect. */
const parserNoise = /invalid character|unexpected end of JSON|error parsing HTTP|panic:|unexpected EOF/i

/** Makes a client of `command`; `globalArgs` go before the arguments of each call. */
export function createClient(options: {
  command: string
  home: string
  env: Readonly<Record<string, string>>
  globalArgs?: readonly string[]
}): Client {
  const { command, home, env, globalArgs = [] } = options
  const call = (args: readonly string[], callOptions: CallOptions = {}): Promise<RunResult> =>
    run(command, [...globalArgs, ...args], { cwd: home, ...callOptions, env })

  const fails: Client['fails'] = async (args, callOptions) => {
    const result = await call(args, callOptions)
    expect(result.exitCode, `Should have failed.\n${describeRun(result)}`).not.toBe(0)
    return result
  }

  return {
    home,
    env,
    fails,
    async ok(args, callOptions) {
      const result = await call(args, callOptions)
      expect(result.exitCode, describeRun(result)).toBe(0)
      return result
    },
    async refused(args, callOptions) {
      const result = await fails(args, callOptions)
      expect(result.output, describeRun(result)).toMatch(refusalWords)
      expect(result.output.replaceAll(headNoise, ''), describeRun(result)).not.toMatch(parserNoise)
      return result
    },
  }
}

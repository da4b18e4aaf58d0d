import { expect } from 'vitest'
import type { Client } from '../client.ts'

/** Whom a client says it is: a user with a password or an access token, or a robot with its secret. */
export interface Login {
  readonly username: string
  /** The password, or what goes in its place. */
  readonly secret: string
}

/**
 * A client as its user sees it, whichever tool it is: it logs in, moves a sample image (helm: a chart) and logs out.
 * Images are named `<repository>:<tag>`, the tag being a version, for helm's sake. Every method fails the test when
 * things do not go as its name says.
 */
export interface LoginClient {
  /** Its home directory, where the credentials are. */
  readonly home: string
  /** Gives it credentials; whether that asks the registry differs from tool to tool. */
  login(login: Login): Promise<void>
  /** Takes them away. */
  logout(): Promise<void>
  /** Sends the sample and returns the digest of what was sent. */
  push(image: string): Promise<string>
  /** Fetches it into a place that has nothing of it yet, and returns the digest of what arrived. */
  pull(image: string): Promise<string>
  /**
   * Tries to push or pull, is refused, and returns what it said: the registry's reason or, where the tool keeps that to
   * itself, words of its own that a person understands.
   */
  refused(occasion: Exclude<Occasion, 'login'>, image: string, reason: RegExp): Promise<string>
  /** The same for a login: at once or, where a tool keeps what it is given without asking the registry, at a pull. */
  refusedLogin(login: Login, image: string, reason: RegExp): Promise<string>
}

/**
 * Occasions on which a client is refused. A blind push is one into a repository that it may not even pull from, where
 * many tools look first; a late pull is one by a login that was good until something took it away.
 */
export type Occasion = 'login' | 'pull' | 'late pull' | 'push' | 'blind push'

/** What distinguishes one tool from another. */
export interface LoginTool {
  /** The program, with a home of its own. */
  readonly client: Client
  /** Whether the registry is asked at login; some tools only keep what they are given. */
  readonly asksAtLogin: boolean
  /** What the tool says when it is refused, where it keeps the registry's reason to itself. */
  readonly ownWords: Readonly<Partial<Record<Occasion, RegExp>>>
  /** The command that logs in, which reads the secret from standard input; undefined where there is no such command. */
  login(login: Login): readonly string[] | undefined
  /** The command that logs out; undefined where there is no such command. */
  logout(): readonly string[] | undefined
  /** Puts everything in place for a push. */
  push(image: string): Promise<Transfer>
  /** Puts everything in place for a pull: whatever was pulled or pushed before is gone. */
  pull(image: string): Promise<Transfer>
}

/** A push or pull that only needs to be started. */
export interface Transfer {
  /** The command. */
  readonly args: readonly string[]
  /** The digest of what it sent or brought. Throws when a byte of it is missing or damaged. */
  digest(): Promise<string>
}

/** Makes all tools alike. */
export function createLoginClient(tool: LoginTool): LoginClient {
  const { client, asksAtLogin, ownWords } = tool

  const succeed = async ({ args, digest }: Transfer): Promise<string> => {
    await client.ok(args)
    return await digest()
  }
  const refuse = async (args: readonly string[], occasion: Occasion, reason: RegExp, input = ''): Promise<string> => {
    const { output } = await client.refused(args, { input })
    expect(output).toMatch(ownWords[occasion] ?? reason)
    return output
  }
  const login = async (who: Login): Promise<void> => {
    const args = tool.login(who)
    if (args !== undefined) await client.ok(args, { input: who.secret })
  }

  return {
    home: client.home,
    login,
    async logout() {
      const args = tool.logout()
      if (args !== undefined) await client.ok(args)
    },
    push: async (image) => await succeed(await tool.push(image)),
    pull: async (image) => await succeed(await tool.pull(image)),
    async refused(occasion, image, reason) {
      const { args } =
        occasion === 'push' || occasion === 'blind push' ? await tool.push(image) : await tool.pull(image)
      return await refuse(args, occasion, reason)
    },
    async refusedLogin(who, image, reason) {
      const args = asksAtLogin ? tool.login(who) : undefined
      if (args !== undefined) return await refuse(args, 'login', reason, who.secret)
      await login(who)
      return await refuse((await tool.pull(image)).args, 'login', reason)
    },
  }
}

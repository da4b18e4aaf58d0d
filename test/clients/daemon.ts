import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program that runs in the background until it is stopped. */
export interface Daemon {
  /** Asks it to end (SIGTERM) and waits until it has. */
  stop(): Promise<void>
}

/**
 * Starts a daemon and waits until it logs `readyLine` on standard error.
 * Throws, showing its log, when it ends or `timeoutMs` passes before that.
 */
export async function startDaemon(options: {
  command: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  readyLine: RegExp
  timeoutMs?: number
}): Promise<Daemon> {
  const { command, args, env, readyLine, timeoutMs = 60_000 } = options
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  const log: string[] = []
  // Read to the end: a daemon whose log nobody reads stops at its next message.
  const lines = createInterface({ input: child.stderr })

  await new Promise<void>((resolve, reject) => {
    const giveUp = (reason: string) => {
      child.kill('SIGKILL')
      reject(new Error(`${command} ${reason}. Its log:\n${log.join('\n')}`))
    }
    const timer = setTimeout(() => giveUp(`was not ready within ${timeoutMs} ms`), timeoutMs)
    lines.on('line', (line) => {
      log.push(line)
      if (!readyLine.test(line)) return
      clearTimeout(timer)
      resolve()
    })
    ended.then(
      () => {
        clearTimeout(timer)
        giveUp('ended before it was ready')
      },
      (error: unknown) => {
        clearTimeout(timer)
        giveUp(`did not start: ${error instanceof Error ? error.message : String(error)}`)
      },
    )
  })

  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

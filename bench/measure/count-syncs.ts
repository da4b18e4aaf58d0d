import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Counts how often a process tells the disk to write, beside any clock, because being watched makes it slow.
 * @throws Error where there is no `strace`, or it may not watch.
 */
export async function countSyncs(pid: number, work: () => Promise<void>): Promise<number> {
  const watcher = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync,sync_file_range', '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(watcher, 'exit').catch(() => undefined)
  const lines = createInterface({ input: watcher.stderr })
  const attached = new Promise<boolean>((resolve) => {
    lines.once('line', (line) => resolve(/ attached/.test(line)))
    lines.once('close', () => resolve(false))
  })
  if (!(await attached)) {
    watcher.kill()
    throw new Error('counting needs strace, and the right to watch processes')
  }
  let syncs = 0
  lines.on('line', (line) => {
    // A call that another thread interrupts is told in two lines, of which the second says "resumed".
    if (/(?:fsync|fdatasync|sync_file_range)\(/.test(line)) syncs += 1
  })
  await work()
  watcher.kill('SIGINT')
  await exited
  return syncs
}

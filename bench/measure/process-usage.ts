import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Processor time that the threads of a process took so far (Linux), the main one among them or not. */
export function readProcessorSeconds(
  pid: number,
  { mainThread = true }: { readonly mainThread?: boolean } = {},
): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    if (!mainThread && thread === String(pid)) continue
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // It ended meanwhile.
    }
  }
  return nanoseconds / 1e9
}

/** Makes the kernel forget the most memory that a process ever had, so that the next peak is that of what comes next. */
export function forgetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

import { readFileSync } from 'node:fs'

const SAMPLE_EVERY_MS = 50

/** Watches how much memory a process has resident (Linux). */
export interface ProcessMemory {
  /** The most bytes that were resident since the last call, as sampled. */
  takePeakBytes(): number
  /** The most bytes that ever were resident, by the kernel's own account. */
  highWaterBytes(): number
  stop(): void
}

export function watchProcessMemory(pid: number): ProcessMemory {
  let peakBytes = 0
  const sample = () => {
    peakBytes = Math.max(peakBytes, readMemoryBytes(pid, 'VmRSS'))
  }
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  return {
    takePeakBytes() {
      sample()
      const taken = peakBytes
      peakBytes = 0
      return taken
    },
    highWaterBytes: () => readMemoryBytes(pid, 'VmHWM'),
    stop: () => clearInterval(timer),
  }
}

/** What the kernel says of a process: resident now (`VmRSS`), or at most so far (`VmHWM`). */
export function readMemoryBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(kibibytes) * 1024
}

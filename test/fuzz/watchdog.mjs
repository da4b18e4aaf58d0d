import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

/** Far longer than any input takes, and any shrinking of one. */
const PATIENCE_MS = 60_000

const STANDARD_ERROR = 2

const { inputs, replay } = workerData
let seen = -1
setInterval(() => {
  const now = Atomics.load(inputs, 0)
  if (now !== seen) {
    seen = now
    return
  }
  // Nothing else could say so: the thread that would is the one that hangs.
  writeSync(
    STANDARD_ERROR,
    `HANGS: one input keeps it busy for ${PATIENCE_MS / 1000} s. To repeat it: ${replay} --path ${now - 1}\n`,
  )
  process.kill(process.pid, 'SIGKILL')
}, PATIENCE_MS)

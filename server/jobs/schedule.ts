import type { Log } from '../log.ts'

/** Work that is done again and again while the server runs. */
export interface Job {
  readonly name: string
  /** Milliseconds from the end of one run to the start of the next. */
  readonly everyMs: number
  run(): Promise<void>
}

/** Runs jobs until stopped; a job that fails is logged and tried again at its next turn. */
export function startJobs(jobs: readonly Job[], log: Log): { stop(): Promise<void> } {
  let isStopped = false
  const timers = new Map<Job, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  async function runOnce(job: Job): Promise<void> {
    try {
      await job.run()
    } catch (error) {
      log.error({ event: 'job.failed', job: job.name, err: error }, 'a background job failed')
    }
    plan(job)
  }

  function plan(job: Job): void {
    if (isStopped) return
    const timer = setTimeout(() => {
      const run = runOnce(job)
      running.add(run)
      void run.finally(() => running.delete(run))
    }, job.everyMs)
    timers.set(job, timer.unref())
  }

  for (const job of jobs) plan(job)
  return {
    async stop() {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

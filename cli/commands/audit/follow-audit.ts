import { setTimeout } from 'node:timers/promises'
import type { ApiClient, Query } from '../../api/api-client.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { harmless } from '../../output/display-width.ts'
import { openRowPrinter } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { AUDIT_COLUMNS, type AuditEvent, type AuditOptions } from './audit-event.ts'

const POLL_MS = 2000

/** Shown of what has been, when neither a number nor a time is asked for. */
const RECENT = 10

/**
 * Prints events in the order in which they are written, those that have been first, until it is interrupted. A server
 * that cannot be reached is asked again; what was written in the meantime comes then.
 */
export async function followAudit(
  cli: Cli,
  trail: { readonly api: ApiClient; readonly path: string; readonly query: Query },
  options: AuditOptions,
): Promise<void> {
  const { terminal, signal } = cli
  const { api, path, query } = trail
  if (options.until !== undefined) {
    throw new CliError('--follow and --until do not go together', { exitCode: EXIT.usage })
  }
  const print = openRowPrinter(terminal, { columns: AUDIT_COLUMNS, name: ({ id }: AuditEvent) => String(id) }, options)

  // What is written while the first events are read has a greater id: it comes with the next look.
  let seen = (await readNewestId()) ?? 0
  const isAll = options.all || (options.since !== undefined && options.limit === undefined)
  show(await readEvents(query, isAll ? Number.POSITIVE_INFINITY : (options.limit ?? RECENT)))
  let isLost = false
  while (!(await isInterrupted())) {
    try {
      await look()
      if (isLost) terminal.note(`${api.url.host} is back`)
      isLost = false
    } catch (error) {
      if (signal.aborted) break
      if (!isPassing(error)) throw error
      if (!isLost) terminal.note(`${harmless(error.message)}; trying again every ${POLL_MS / 1000} s`)
      isLost = true
    }
  }
  // To stop it is the way to end it: nothing went wrong, and there is nothing to say.
  process.exitCode = EXIT.interrupted

  async function look(): Promise<void> {
    const newest = await readNewestId()
    if (newest === undefined || newest === seen) return
    if (newest < seen) {
      terminal.note('the audit log was set back to an earlier state, and is followed from there')
      seen = newest
      return
    }
    show(await readEvents({ ...query, newerThan: seen }, Number.POSITIVE_INFINITY))
    // Also past what the filters left out, so that it is not looked through again.
    seen = Math.max(seen, newest)
  }

  /** Of any event, whatever is asked for: whether there is anything new costs one row. */
  async function readNewestId(): Promise<number | undefined> {
    const { items } = await api.get<{ readonly items: readonly AuditEvent[] }>(path, { limit: 1 })
    return items[0]?.id
  }

  /** The newest, in the order in which they were written. */
  async function readEvents(asked: Query, limit: number): Promise<readonly AuditEvent[]> {
    const events: AuditEvent[] = []
    for await (const event of api.list<AuditEvent>(path, asked)) {
      if (events.length >= limit) break
      events.push(event)
    }
    return events.reverse()
  }

  function show(events: readonly AuditEvent[]): void {
    print(events)
    seen = Math.max(seen, ...events.slice(-1).map(({ id }) => id))
  }

  /** True once it is interrupted, false after the wait. */
  function isInterrupted(): Promise<boolean> {
    return setTimeout(POLL_MS, false, { signal }).catch(() => true)
  }
}

/** Whether asking again may help. */
function isPassing(error: unknown): error is CliError {
  return error instanceof CliError && (error.exitCode === EXIT.network || error.exitCode === EXIT.rateLimited)
}

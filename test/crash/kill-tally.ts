import type { Settlement } from './oracle.ts'
import type { ConnectionLost } from './push-client.ts'

/** What runs have shown. */
export interface KillReport {
  /** What must not be, in words, each with the round that found it and was the last; empty when all is well. */
  readonly problems: readonly string[]
  readonly kills: number
  /** Kills that hit requests which were under way. */
  readonly interruptingKills: number
  /** How many requests were under way at the kills, by kind. */
  readonly interruptions: ReadonlyMap<string, number>
  /** Of the changes that were under way: those that had happened all the same, and those that had not. */
  readonly done: number
  readonly undone: number
  /** Paths of `/v2` that were changed and read back. */
  readonly paths: number
  /** Milliseconds until the server listened, at the slowest restart. */
  readonly slowestStartMs: number
}

/** Counts what a run shows while it goes on. */
export function createKillTally() {
  const problems: string[] = []
  const interruptions = new Map<string, number>()
  let kills = 0
  let interruptingKills = 0
  let done = 0
  let undone = 0
  let slowestStartMs = 0
  return {
    hasProblems: () => problems.length > 0,
    note(round: number, found: readonly string[]): void {
      problems.push(...found.map((problem) => `round ${round}: ${problem}`))
    },
    killed(lost: readonly ConnectionLost[]): void {
      const hit = lost.filter(({ wasUnderWay }) => wasUnderWay)
      kills += 1
      if (hit.length > 0) interruptingKills += 1
      for (const { request } of hit) add(interruptions, kindOf(request), 1)
    },
    started(milliseconds: number): void {
      slowestStartMs = Math.max(slowestStartMs, milliseconds)
    },
    settled(settlement: Settlement): void {
      done += settlement.done
      undone += settlement.undone
    },
    report(paths: number): KillReport {
      return { problems, kills, interruptingKills, interruptions, done, undone, paths, slowestStartMs }
    },
  }
}

/** Several runs as one. */
export function addReports(reports: readonly KillReport[]): KillReport {
  const interruptions = new Map<string, number>()
  for (const report of reports) for (const [kind, count] of report.interruptions) add(interruptions, kind, count)
  const sum = (of: (report: KillReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  return {
    problems: reports.flatMap((report) => report.problems),
    kills: sum((report) => report.kills),
    interruptingKills: sum((report) => report.interruptingKills),
    interruptions,
    done: sum((report) => report.done),
    undone: sum((report) => report.undone),
    paths: sum((report) => report.paths),
    slowestStartMs: Math.max(...reports.map((report) => report.slowestStartMs)),
  }
}

function add(counts: Map<string, number>, kind: string, count: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + count)
}

/** `PATCH upload`, `PUT manifest` …, and by its query what a POST is about. */
function kindOf({ method, path }: ConnectionLost['request']): string {
  if (path.startsWith('/api/')) return kindInHub(method, path)
  if (!path.includes('/blobs/uploads/')) return `${method} ${path.includes('/manifests/') ? 'manifest' : 'blob'}`
  if (method !== 'POST') return `${method} upload`
  if (path.includes('?mount=')) return 'POST mount'
  return path.includes('?digest=') ? 'POST blob' : 'POST upload'
}

function kindInHub(method: string, path: string): string {
  if (path.includes('/import')) return `${method} import`
  return `${method} ${path.includes('/tags/') ? 'tag in the API' : 'repository'}`
}

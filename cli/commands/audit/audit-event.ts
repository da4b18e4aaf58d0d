import { organizationPath } from '../../api/organization-path.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Column } from '../../output/column.ts'
import type { ListOptions } from '../../output/print-list.ts'
import { localTime } from '../../times/local-time.ts'
import { readPastTime } from '../../times/read-time.ts'
import { chooseWord } from '../../words/choose-word.ts'

/** An event, as `GET …/audit` answers. Ids grow in the order in which events are written. */
export interface AuditEvent {
  readonly id: number
  readonly at: string
  readonly action: string
  readonly outcome: string
  readonly object: string
  readonly actor: { readonly name: string; readonly credential: string; readonly address: string }
}

/** The flags of `kontor audit`. */
export interface AuditOptions extends ListOptions {
  readonly server?: string
  readonly action?: string
  readonly outcome?: string
  readonly actor?: string
  readonly object?: string
  readonly since?: string
  readonly until?: string
  readonly follow?: boolean
  /** A file. */
  readonly export?: string
  readonly yes?: boolean
}

export const AUDIT_COLUMNS: readonly Column<AuditEvent>[] = [
  { heading: 'TIME', key: 'at', value: ({ at }) => at, show: ({ at }) => localTime(at) },
  { heading: 'WHO', key: 'actor', value: ({ actor }) => actor.name, show: whoOf, isElastic: true, leastCells: 8 },
  {
    heading: 'ACTION',
    key: 'action',
    value: ({ action }) => action,
    show: ({ action, outcome }) => (outcome === 'refused' ? `${action} refused` : action),
    style: ({ outcome }) => (outcome === 'refused' ? 'bad' : undefined),
    leastCells: 16,
  },
  { heading: 'OBJECT', key: 'object', value: ({ object }) => object, isElastic: true, leastCells: 16 },
  // On a terminal the action says it.
  { heading: 'OUTCOME', key: 'outcome', value: ({ outcome }) => outcome, fromCells: Number.POSITIVE_INFINITY },
  { heading: 'FROM', key: 'address', value: ({ actor }) => actor.address, fromCells: 100 },
  { heading: 'BY', key: 'credential', value: ({ actor }) => actor.credential, isElastic: true, fromCells: 120 },
]

/** Where the events are: an organization's, or the whole registry's. */
export function auditPath(organization: string | undefined): string {
  return organization === undefined ? '/audit' : organizationPath(organization, 'audit')
}

/** What the API is asked for. @throws CliError usage for a time or an outcome that is none. */
export function readQuery({ action, outcome, actor, object, since, until }: AuditOptions) {
  const now = Date.now()
  const query = {
    action,
    outcome: outcome === undefined ? undefined : chooseWord(outcome, ['done', 'refused'], 'outcome'),
    actor,
    object,
    since: since === undefined ? undefined : readPastTime(since, now),
    until: until === undefined ? undefined : readPastTime(until, now),
  }
  if (query.since === undefined || query.until === undefined || query.since < query.until) return query
  throw new CliError('--since is not before --until, so there is nothing between', { exitCode: EXIT.usage })
}

function whoOf({ actor }: AuditEvent): string {
  return actor.name === '' ? '(anonymous)' : actor.name
}

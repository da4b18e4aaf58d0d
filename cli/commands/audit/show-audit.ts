import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { printList } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { AUDIT_COLUMNS, type AuditEvent, type AuditOptions, auditPath, readQuery } from './audit-event.ts'
import { withNearestAction } from './nearest-action.ts'

/** `kontor audit [organization]`: the newest events first, or as they come, or all of them into a file. */
export async function showAudit(cli: Cli, organization: string | undefined, options: AuditOptions): Promise<void> {
  const query = readQuery(options)
  if (options.follow && options.export !== undefined) {
    throw new CliError('--follow and --export do not go together', {
      exitCode: EXIT.usage,
      hint: 'follow into a file: kontor audit --follow --format jsonl >>events.jsonl',
    })
  }
  const api = await cli.api({ server: options.server })
  const path = auditPath(organization)
  const hints =
    organization === undefined ? { DENIED: 'try: kontor audit <organization>' } : { NOT_FOUND: 'try: kontor org ls' }
  await withNearestAction(withHints(show(), hints), api, query.action)

  async function show(): Promise<void> {
    if (options.export !== undefined) {
      const { exportAudit } = await import('./export-audit.ts')
      return exportAudit(cli, { api, path, query, file: options.export }, options)
    }
    if (options.follow) {
      const { followAudit } = await import('./follow-audit.ts')
      return followAudit(cli, { api, path, query }, options)
    }
    const rows = api.list<AuditEvent>(path, query)
    const list = { rows, columns: AUDIT_COLUMNS, name: ({ id }: AuditEvent) => String(id), items: 'events' }
    return printList(cli.terminal, list, options)
  }
}

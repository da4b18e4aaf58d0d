import { DataFolderInUseError } from '../../storage/data-folder.ts'
import type { MigrationStep } from '../compose-migration.ts'
import { loadSettings } from './load-settings.ts'
import { type DataFolderOptions, settingsOf } from './shared-options.ts'
import type { ShellColumn, ShellListOptions, ShellSession } from './shell.ts'
import { noRegistry } from './user/open-accounts.ts'

/** What `kontor migrate` was asked for. */
export interface MigrateOptions extends DataFolderOptions, ShellListOptions {
  /** List all steps, and make none. */
  readonly status?: boolean
  readonly dryRun?: boolean
}

/** A step of the database's history, as it is printed. */
interface ShownStep {
  readonly version: number
  readonly name: string
  /** RFC 3339; null for a step that is still to be made. */
  readonly appliedAt: string | null
}

const COLUMNS: readonly ShellColumn<ShownStep>[] = [
  { heading: 'VERSION', key: 'version', value: ({ version }) => version },
  { heading: 'NAME', key: 'name', value: ({ name }) => name },
  {
    heading: 'APPLIED',
    key: 'appliedAt',
    value: ({ appliedAt }) => appliedAt,
    show: ({ appliedAt }) => appliedAt ?? 'still to be made',
    style: ({ appliedAt }) => (appliedAt === null ? 'warning' : undefined),
  },
]

/**
 * `kontor migrate`: brings the database of the data folder to the version of this program, as the first start of the
 * server would, and prints the steps that were made.
 */
export async function migrate(session: ShellSession, options: MigrateOptions): Promise<void> {
  const { refusal, terminal } = session
  const loaded = loadSettings(settingsOf(options))
  if (loaded === undefined) return
  const { dataDir } = loaded.config
  const { openMigrationControl } = await import('../compose-migration.ts')
  const control = openMigrationControl(dataDir)
  if (control === undefined) throw noRegistry(session, dataDir)

  const { version, newest, steps } = control.readStatus()
  if (options.status) {
    const rows = (async function* () {
      yield* steps.map(show)
    })()
    await session.printList({ rows, columns: COLUMNS, name: nameOf, items: 'steps' }, { all: true, ...options })
    return
  }
  if (version > newest) {
    throw refusal(`the database is of version ${version}, and this Kontor knows versions up to ${newest}`, {
      exit: 'conflict',
      hint: 'use the newer Kontor that wrote it, or restore a backup made before the upgrade',
    })
  }
  const pending = steps.filter(({ appliedAt }) => appliedAt === undefined)
  if (pending.length === 0) {
    terminal.note(`nothing to do: the database is of version ${version}, the newest`)
    return
  }
  if (options.dryRun) {
    for (const step of pending) terminal.note(`would make the step ${nameOf(step)}`)
    return
  }
  try {
    control.migrate()
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error
    throw refusal(error.message, { exit: 'conflict' })
  }
  for (const step of pending) terminal.print(nameOf(step))
  terminal.note(`the database is of version ${newest} now; an older Kontor will refuse it`)
}

function nameOf({ version, name }: Pick<MigrationStep, 'version' | 'name'>): string {
  return `${version}-${name}`
}

function show({ version, name, appliedAt }: MigrationStep): ShownStep {
  return { version, name, appliedAt: appliedAt === undefined ? null : new Date(appliedAt).toISOString() }
}

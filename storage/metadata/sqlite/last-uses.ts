import type { LastUse, LastUseStore, UsedSecret } from '../last-uses.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

const TABLES: Readonly<Record<UsedSecret['kind'], string>> = {
  'access-token': 'access_token',
  'robot-secret': 'robot_secret',
  'refresh-token': 'refresh_token',
}

export function createLastUses({ db }: StoreContext): LastUseStore {
  // A use that is older than what is known came late, perhaps from another process: it says nothing new.
  const prepareUpdate = (kind: UsedSecret['kind']) =>
    db.prepare<[{ id: number; at: number; from: string }]>(`
      UPDATE ${TABLES[kind]} SET last_used_at = @at, last_used_from = @from
      WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @at)`)
  const updates = {
    'access-token': prepareUpdate('access-token'),
    'robot-secret': prepareUpdate('robot-secret'),
    'refresh-token': prepareUpdate('refresh-token'),
  }
  const record = transactional(db, (uses: readonly LastUse[]) => {
    for (const { secret, at, from } of uses) updates[secret.kind].run({ id: secret.id, at, from })
  })
  return {
    async record(uses) {
      if (uses.length > 0) record(uses)
    },
  }
}

import { RegistryError } from '../../oci/error-codes.ts'
import type { Repository } from './repositories.ts'

/**
 * What every way to put something into a repository asks: whether it still takes anything. The edge asks before a body
 * is read; stores ask in the transaction, for a repository that was archived meanwhile.
 * @throws RegistryError DENIED for one that is archived.
 */
export function requireOpenForPushes({
  name,
  state,
  successor,
}: Pick<Repository, 'name' | 'state' | 'successor'>): void {
  if (state !== 'archived') return
  const elsewhere = successor === undefined ? '' : `, or push to ${successor} instead`
  throw new RegistryError('DENIED', {
    message: `${name} is archived and takes nothing new; whoever maintains it can make it active again${elsewhere}`,
  })
}

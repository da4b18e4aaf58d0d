import { namespaceOf, type RepositoryName } from '../../oci/repository-name.ts'
import type { Repository, RepositoryStore } from '../../storage/metadata/repositories.ts'
import { type Credential, includesPermission, type Permission, type Subject } from './credential.ts'

/** The answer of the policy, with the repository it looked at so that nobody needs to look again. */
export type Decision =
  | {
      readonly allowed: true
      /** Undefined when there is none yet; whoever may know that is allowed to. */
      readonly repository: Repository | undefined
    }
  | { readonly allowed: false }

export interface Policy {
  /** May this credential do this to this repository, whether or not it exists? Every path to a repository asks here. */
  authorize(credential: Credential, permission: Permission, name: RepositoryName): Promise<Decision>
}

/** Makes the policy; it remembers nothing, so a right that was given or taken counts from the next request. */
export function createPolicy({ repositories }: { readonly repositories: Pick<RepositoryStore, 'find'> }): Policy {
  return {
    async authorize(credential, permission, name) {
      const repository = await repositories.find(name)
      return decide(credential, permission, name, repository) ? { allowed: true, repository } : { allowed: false }
    },
  }
}

/** The rule itself, free of look-ups. */
export function decide(
  { subject, narrowing }: Credential,
  permission: Permission,
  name: RepositoryName,
  repository: Pick<Repository, 'ownerId' | 'visibility'> | undefined,
): boolean {
  // What anonymous may pull, every credential may pull, however narrowed.
  if (permission === 'pull' && repository?.visibility === 'public') return true
  const held = permissionOf(subject, name, repository)
  if (held === undefined || !includesPermission(held, permission)) return false
  return narrowing === undefined || narrowing.keeps(permission, name)
}

/** What a subject holds on a repository by itself, before any narrowing. */
function permissionOf(
  subject: Subject,
  name: RepositoryName,
  repository: Pick<Repository, 'ownerId'> | undefined,
): Permission | undefined {
  if (subject.kind === 'anonymous') return undefined
  const { account } = subject
  if (account.role === 'admin') return 'admin'
  // A user's namespace is the user's own, existing repositories and those to come alike.
  const isOwner = repository === undefined ? namespaceOf(name) === account.name : repository.ownerId === account.id
  if (isOwner) return 'admin'
  return account.role === 'auditor' ? 'pull' : undefined
}

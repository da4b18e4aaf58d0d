import type { Permission } from '../../../oci/permission.ts'
import type { OrganizationRight } from '../../../server/accounts/organization-rights.ts'

/**
 * What each subject may do, written down by hand and not taken from the server's policy, so that the two can disagree
 * (M2). The columns are the repositories of the access matrix.
 */
type Most = Permission | undefined

export const REPOSITORIES = [
  'acme/public',
  'acme/private',
  'acme/absent',
  'beta/private',
  'beta/absent',
  'beta/old-name',
  'beta/deleted',
  'nowhere/absent',
] as const
export type MatrixRepository = (typeof REPOSITORIES)[number]

/** Repositories that are there, under this name or as a former one. */
export const PRESENT: ReadonlySet<string> = new Set(['acme/public', 'acme/private', 'beta/private', 'beta/old-name'])

function sees(acmePublic: Most, acme: Most, beta: Most, nowhere: Most): Readonly<Record<MatrixRepository, Most>> {
  return {
    'acme/public': acmePublic,
    'acme/private': acme,
    'acme/absent': acme,
    'beta/private': beta,
    'beta/absent': beta,
    'beta/old-name': beta,
    'beta/deleted': beta,
    'nowhere/absent': nowhere,
  }
}

const NOTHING = undefined

/** The most that each may do on each repository. */
export const ON_REPOSITORIES: Readonly<Record<string, Readonly<Record<MatrixRepository, Most>>>> = {
  //                                              acme/public  acme     beta        nobody's
  anonymous: /*                               */ sees('pull', NOTHING, NOTHING, NOTHING),
  stranger: /*                                */ sees('pull', NOTHING, NOTHING, NOTHING),
  remy: /*    removed from both               */ sees('pull', NOTHING, NOTHING, NOTHING),
  olga: /*    owner                           */ sees('admin', 'admin', 'admin', NOTHING),
  mona: /*    manager                         */ sees('admin', 'admin', 'admin', NOTHING),
  mia: /*     member                          */ sees('pull', 'pull', NOTHING, NOTHING),
  audrey: /*  auditor, with a grant of admin  */ sees('pull', 'pull', 'pull', NOTHING),
  collin: /*  outside collaborator            */ sees('pull', NOTHING, 'push', NOTHING),
  'team-pull': /*                             */ sees('pull', NOTHING, 'pull', NOTHING),
  'team-push': /*                             */ sees('pull', NOTHING, 'push', NOTHING),
  'team-maintain': /*                         */ sees('pull', NOTHING, 'maintain', NOTHING),
  'team-admin': /*                            */ sees('pull', NOTHING, 'admin', NOTHING),
  ivan: /*    auditor of the instance         */ sees('pull', 'pull', 'pull', 'pull'),
  admin: /*                                   */ sees('admin', 'admin', 'admin', 'admin'),
  'robot of beta': /*                         */ sees('pull', NOTHING, 'push', NOTHING),
  'robot of gamma': /*                        */ sees('pull', NOTHING, NOTHING, NOTHING),
  'an owner’s whole token': /*                */ sees('admin', 'admin', 'admin', NOTHING),
  'an owner’s token to pull': /*              */ sees('pull', 'pull', 'pull', NOTHING),
  'an owner’s token for other repositories': /**/ sees('pull', NOTHING, NOTHING, NOTHING),
}

/** What takes more of a repository than the rest of a body that is sent by the same route. */
export const RAISED_FIELDS: Readonly<Record<string, Readonly<Record<string, Permission>>>> = {
  'patch /repositories/:repository': { visibility: 'admin', name: 'admin' },
  'post /repositories': { visibility: 'admin', description: 'maintain' },
}

/** Whose credentials are no good at all: refused everywhere, even where none are needed. */
export const REFUSED_SUBJECTS = ['dora', 'an expired token', 'a revoked token'] as const

/** Credentials that act on repositories only. */
export const NARROWED: ReadonlySet<string> = new Set([
  'robot of beta',
  'robot of gamma',
  'an owner’s token to pull',
  'an owner’s token for other repositories',
])

const ALL: readonly OrganizationRight[] = ['view', 'read', 'inspect', 'audit', 'manage', 'own']

/** What each may do with the organization `beta` itself; whoever is not here may not even know of it. */
export const ON_BETA: Readonly<Record<string, readonly OrganizationRight[]>> = {
  olga: ALL,
  admin: ALL,
  'an owner’s whole token': ALL,
  mona: ['view', 'read', 'inspect', 'manage'],
  audrey: ['view', 'read', 'inspect', 'audit'],
  ivan: ['view', 'read', 'inspect', 'audit'],
  mia: ['view', 'read'],
  'team-pull': ['view', 'read'],
  'team-push': ['view', 'read'],
  'team-maintain': ['view', 'read'],
  'team-admin': ['view', 'read'],
  collin: ['view'],
}

/** Who may read and change the user `mia`. */
export const ON_MIA: Readonly<Record<string, readonly ('read' | 'write')[]>> = {
  mia: ['read', 'write'],
  admin: ['read', 'write'],
  ivan: ['read'],
}

/** The roles on the whole instance. */
export const ON_INSTANCE: Readonly<Record<string, readonly ('auditor' | 'admin')[]>> = {
  admin: ['auditor', 'admin'],
  ivan: ['auditor'],
}

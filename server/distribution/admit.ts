import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'
import type { Permission } from '../../oci/permission.ts'
import {
  namespaceOf,
  OFFICIAL_NAMESPACE,
  parseRepositoryName,
  pathOf,
  type RepositoryName,
} from '../../oci/repository-name.ts'
import type { AccountId } from '../../storage/metadata/identities.ts'
import { requireOpenForPushes } from '../../storage/metadata/open-for-pushes.ts'
import { createRecollection } from '../../storage/metadata/recollection.ts'
import type { Place } from '../../storage/metadata/repositories.ts'
import { type Authenticate, type Authentication, UPLOAD_GRACE_MS } from '../access/authenticate.ts'
import { originOf } from '../access/caller.ts'
import { ANONYMOUS, type Credential, type Subject, subjectName } from '../access/credential.ts'
import type { LastUses } from '../access/last-uses.ts'
import type { Policy } from '../access/policy.ts'
import type { Refusals } from '../audit/refusals.ts'
import type { RequestContext } from '../http/request-context.ts'
import { type ChallengeCause, formatChallenge } from './challenge.ts'
import { throttled } from './errors.ts'
import { type AccessRule, scopeOf } from './operations.ts'
import type { DistributionPath } from './path.ts'

/** Who asks, and the place they ask about; that is undefined on paths that name no repository. */
export interface Admission {
  readonly credential: Credential
  readonly place: Place | undefined
}

/** Lets a request in, or throws the challenge when whoever asks may not. */
export type Admit = (
  request: IncomingMessage,
  context: RequestContext,
  path: DistributionPath,
  access: AccessRule,
) => Promise<Admission>

/** Admissions that are kept, of about a kilobyte each. */
const MAX_KEPT = 4096

/**
 * Makes the function that asks who it is and what they may do. Who was let in is let in again without asking, for as
 * long as nothing at all has changed in the database; whoever was not is looked at anew each time.
 */
export function createAdmit(deps: {
  readonly authenticate: Authenticate
  readonly policy: Policy
  readonly refusals: Refusals
  readonly lastUses: Pick<LastUses, 'note'>
  /** Of the metadata store. */
  readonly readChangeMark: () => number
  readonly now: () => number
}): Admit {
  const { authenticate, policy, refusals, lastUses, readChangeMark, now } = deps
  const admissions = createRecollection<Admission>({
    readChangeMark,
    maxWeight: MAX_KEPT,
    weigh: ({ credential }) => (isByPassword(credential) ? undefined : 1),
  })

  async function decide(
    request: IncomingMessage,
    context: RequestContext,
    path: DistributionPath,
    access: AccessRule,
  ): Promise<Admission> {
    const name = 'name' in path ? parseRepositoryName(path.name) : undefined
    const challenge = (cause: ChallengeCause) => unauthorized(context, scopeOf(access, name), cause)
    const authentication = await authenticate.byHeader(request.headers.authorization, {
      address: context.address,
      requestId: context.id,
      // An upload under way may outlive the token it began with.
      graceMs: path.kind === 'upload' ? UPLOAD_GRACE_MS : 0,
    })
    const isWrite = access.kind === 'repository' && request.method !== 'GET' && request.method !== 'HEAD'
    if (isWrite && (authentication.kind === 'refused' || authentication.kind === 'throttled')) {
      noteRefusedWrite(ANONYMOUS, context, { object: name, ownerId: undefined, reason: 'wrong credentials' })
    }
    const credential = credentialOf(authentication, challenge)
    const isAnonymous = authentication.kind === 'none'
    context.subject = subjectName(credential.subject)

    if (access.kind === 'repository') {
      if (name === undefined)
        throw new Error(`the rule of ${context.route} is about a repository, but its path names none`)
      const decision = await policy.authorize(credential, access.permission, name)
      if (decision.allowed) {
        const { place } = decision
        if (access.adds && place.repository !== undefined) requireOpenForPushes(place.repository)
        return { credential, place }
      }
      // Without credentials it is no refusal yet: the client is told where to get some.
      if (isAnonymous) throw challenge({ kind: 'unauthenticated' })
      const { place, reason } = decision
      if (isWrite) noteRefusedWrite(credential, context, { object: name, ownerId: place.ownerId, reason })
      if (decision.reason === 'reserved-name') throw reservedName(name)
      throw challenge({ kind: 'insufficient', description: refusalOf(access.permission, name, credential.subject) })
    }
    // docker and podman learn only here that they must log in, so being anonymous takes a token too (TOP-1).
    if (isAnonymous) throw challenge({ kind: 'unauthenticated' })
    if (access.kind === 'catalog' && !mayListCatalog(credential)) {
      throw challenge({ kind: 'insufficient', description: 'this token is not for listing repositories' })
    }
    return { credential, place: undefined }
  }

  function noteRefusedWrite(
    credential: Credential,
    context: RequestContext,
    refused: { readonly object: string | undefined; readonly ownerId: AccountId | undefined; readonly reason: string },
  ): void {
    const { object = '', ownerId, reason } = refused
    const origin = originOf({ credential, address: context.address, requestId: context.id })
    refusals.note({ action: 'write', object, ownerId, origin, detail: { route: context.route, reason } })
  }

  return async (request, context, path, access) => {
    const { authorization } = request.headers
    // An expired token gets through on the URLs of uploads only.
    if (authorization === undefined || path.kind === 'upload') return decide(request, context, path, access)
    const key = `${hash('sha256', authorization, 'base64')} ${ruleKey(access)} ${'name' in path ? path.name : ''}`
    const admission = await admissions.recall(key, () => decide(request, context, path, access))
    const { subject, proof, expiresAt } = admission.credential
    if (expiresAt !== undefined && expiresAt <= now()) return decide(request, context, path, access)
    context.subject = subjectName(subject)
    if ('id' in proof) lastUses.note({ secret: proof, at: now(), from: context.address })
    return admission
  }
}

/**
 * What a password is in cannot be kept under its digest, from which whoever reads the memory later could guess it; all
 * other secrets are nothing that can be guessed.
 */
function isByPassword({ proof, exchangedFor }: Credential): boolean {
  return proof.kind === 'password' && exchangedFor === undefined
}

function ruleKey(access: AccessRule): string {
  return access.kind === 'repository' ? `${access.permission}${access.adds ? '+' : ''}` : access.kind
}

function mayListCatalog({ subject, narrowing }: Credential): boolean {
  return subject.kind === 'anonymous' || (narrowing?.keepsCatalog ?? true)
}

function credentialOf(authentication: Authentication, challenge: (cause: ChallengeCause) => RegistryError): Credential {
  switch (authentication.kind) {
    case 'credential':
      return authentication.credential
    case 'none':
      return ANONYMOUS
    case 'refused':
      throw challenge({ kind: 'invalid', description: authentication.reason })
    case 'throttled':
      throw throttled(authentication.retryAfterSeconds)
  }
}

/** The same words whether the repository exists or not (I5). */
function refusalOf(permission: Permission, name: RepositoryName, subject: Subject): string {
  const verb = { pull: 'pull from', push: 'push to', maintain: 'delete from', admin: 'administer' }[permission]
  const hint = subject.kind === 'anonymous' ? '; log in first' : ''
  const refusal = `you may not ${verb} ${name}, or it does not exist${hint}`
  if (permission !== 'push' || namespaceOf(name) !== OFFICIAL_NAMESPACE || subject.kind !== 'user') return refusal
  return `${refusal}; official images are for administrators, push ${subject.account.name}/${pathOf(name)} instead`
}

function reservedName(name: RepositoryName): RegistryError {
  return new RegistryError('DENIED', {
    message: `${namespaceOf(name)} is reserved and no account can have that name; push to another namespace`,
  })
}

function unauthorized(context: RequestContext, scope: string | undefined, cause: ChallengeCause): RegistryError {
  return new RegistryError(cause.kind === 'insufficient' ? 'DENIED' : 'UNAUTHORIZED', {
    status: 401,
    message: cause.kind === 'unauthenticated' ? 'log in first, or get a token for anonymous' : cause.description,
    headers: { 'WWW-Authenticate': formatChallenge(context.origin, scope, cause) },
  })
}

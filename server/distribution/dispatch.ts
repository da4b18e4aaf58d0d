import type { IncomingMessage, ServerResponse } from 'node:http'
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
import type { Place } from '../../storage/metadata/repositories.ts'
import { type Authenticate, type Authentication, UPLOAD_GRACE_MS } from '../access/authenticate.ts'
import { originOf } from '../access/caller.ts'
import { ANONYMOUS, type Credential, type Subject, subjectName } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'
import type { Refusals } from '../audit/refusals.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import { type ChallengeCause, formatChallenge } from './challenge.ts'
import { requireOwnSite, respondToError, throttled } from './errors.ts'
import { type AccessRule, type Operation, type OperationTable, scopeOf } from './operations.ts'
import { type DistributionPath, parsePath } from './path.ts'

/**
 * Answers everything below `/v2`: path → operation → caller → rule → handler. No framework takes part; the same few
 * look-ups happen for every request, and no handler runs before the rule of its route was asked.
 */
export function createDispatch(deps: {
  readonly operations: OperationTable
  readonly authenticate: Authenticate
  readonly policy: Policy
  readonly refusals: Refusals
  readonly reportFault: ReportFault
}): RequestHandler {
  const { operations, authenticate, policy, refusals, reportFault } = deps

  async function run(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void> {
    const url = request.url ?? '/'
    const queryStart = url.indexOf('?')
    const path = parsePath(queryStart < 0 ? url : url.slice(0, queryStart))
    if (path === undefined) throw new RegistryError('NAME_UNKNOWN', { message: 'there is nothing at this path' })
    const operation = findOperation(operations, path, request.method)
    context.route = operation.name
    requireOwnSite(request, context)
    const admitted = await admit(request, context, path, operation.access)
    const query = new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1))
    await operation.handle({ request, response, context, path, query, ...admitted })
  }

  /** Who asks, and the place they ask about; throws the challenge when they may not. */
  async function admit(
    request: IncomingMessage,
    context: RequestContext,
    path: DistributionPath,
    access: AccessRule,
  ): Promise<{ credential: Credential; place: Place | undefined }> {
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

  return (request, response, context) => {
    run(request, response, context).catch((error: unknown) => {
      respondToError(error, { request, response, context, reportFault })
    })
  }
}

function findOperation(operations: OperationTable, path: DistributionPath, method: string | undefined): Operation {
  const ofPath: Readonly<Record<string, Operation>> = operations[path.kind]
  const operation = Object.hasOwn(ofPath, method ?? '') ? ofPath[method ?? ''] : undefined
  if (operation !== undefined) return operation
  const allow = Object.keys(ofPath).join(', ')
  throw new RegistryError('UNSUPPORTED', { message: `use ${allow} here`, headers: { Allow: allow } })
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

import type { IncomingMessage, ServerResponse } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import type { Admit } from './admit.ts'
import { requireOwnSite, respondToError } from './errors.ts'
import type { Operation, OperationTable } from './operations.ts'
import { type DistributionPath, parsePath } from './path.ts'

/**
 * Answers everything below `/v2`: path → operation → caller → rule → handler. No framework takes part; the same few
 * look-ups happen for every request, and no handler runs before the rule of its route was asked.
 */
export function createDispatch(deps: {
  readonly operations: OperationTable
  readonly admit: Admit
  readonly reportFault: ReportFault
}): RequestHandler {
  const { operations, admit, reportFault } = deps

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

import { CliError } from '../cli-error.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type HttpResponse, readText } from '../http/exchange.ts'

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  401: EXIT.notAuthenticated,
  403: EXIT.forbidden,
  404: EXIT.notFound,
  409: EXIT.conflict,
  429: EXIT.rateLimited,
}

const MAX_ERROR_BYTES = 64 * 1024

/**
 * What a registry's refusal means for the user, from its envelope of errors (distribution-spec, Error Codes).
 * @param what was wanted, as a sentence's beginning: `acme/web:1.2 cannot be read`.
 * @param host for the advice to log in there.
 */
export async function toCliError(
  response: HttpResponse,
  what: string,
  { host, isKnown }: { readonly host: string; readonly isKnown: boolean },
): Promise<CliError> {
  const { status, headers } = response
  const { code, message } = readEnvelope(await readText(response, MAX_ERROR_BYTES).catch(() => ''))
  const requestId = headers['x-request-id']
  // Who is known and still turned away lacks the right; who is not known may have it.
  const exitCode = status === 401 && isKnown ? EXIT.forbidden : (EXIT_OF_STATUS[status] ?? EXIT.error)
  return new CliError(`${what}: ${message ?? `${host} answered with ${status}`}`, {
    exitCode,
    code,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    hint: exitCode === EXIT.notAuthenticated ? `try: kontor login ${host}` : undefined,
  })
}

function readEnvelope(text: string): { readonly code: string | undefined; readonly message: string | undefined } {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { code?: unknown; message?: unknown }[] }
    const [first] = Array.isArray(errors) ? errors : []
    return {
      code: typeof first?.code === 'string' ? first.code : undefined,
      message: typeof first?.message === 'string' && first.message !== '' ? first.message : undefined,
    }
  } catch {
    return { code: undefined, message: undefined }
  }
}

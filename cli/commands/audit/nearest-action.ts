import type { ApiClient } from '../../api/api-client.ts'
import { CliError } from '../../cli-error.ts'
import { chooseWord } from '../../words/choose-word.ts'

/** What of `/openapi.json` says which actions there are. */
interface ApiDescription {
  readonly paths?: Readonly<Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>>
}

interface Parameter {
  readonly name: string
  readonly schema?: { readonly enum?: readonly string[] }
}

/**
 * Turns the refusal of an unknown action into one that names the action most likely meant. Which there are depends on
 * the server's version: it is asked, once it has refused.
 */
export async function withNearestAction(
  work: Promise<void>,
  api: ApiClient,
  action: string | undefined,
): Promise<void> {
  try {
    await work
  } catch (error) {
    const isAboutAction =
      error instanceof CliError && error.code === 'BODY_INVALID' && error.message.startsWith('action:')
    if (!isAboutAction || action === undefined) throw error
    const actions = await readActions(api)
    if (!actions.includes(action)) chooseWord(action, actions, 'action')
    throw error
  }
}

async function readActions(api: ApiClient): Promise<readonly string[]> {
  const { paths = {} } = await api.get<ApiDescription>('/openapi.json')
  const parameters = paths['/audit']?.get?.parameters ?? []
  return parameters.find(({ name }) => name === 'action')?.schema?.enum ?? []
}

import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.ts'
import { fromPair, type KeptCredential, toPair } from './credential.ts'
import { OWN_HELPER, openOwnStore } from './own-store.ts'

/** What a helper says when it has nothing; other words are errors. */
const NOT_FOUND = /credentials not found in native keychain/i

/** A program `docker-credential-<name>`, which keeps secrets where the system does. */
export interface CredentialHelper {
  get(server: string): Promise<KeptCredential | undefined>
  store(server: string, credential: KeptCredential): Promise<void>
  erase(server: string): Promise<void>
}

/**
 * The helper of a name (https://github.com/docker/docker-credential-helpers: a word as argument, JSON or a name on its
 * standard input).
 */
export function openCredentialHelper(name: string, env: NodeJS.ProcessEnv): CredentialHelper {
  if (name === OWN_HELPER) return openOwnHelper(env)
  const program = `docker-credential-${name}`

  async function run(action: string, input: string): Promise<string> {
    const { code, output } = await runProgram(program, action, input, env)
    if (code === 0) return output
    throw new CliError(`${program} ${action} failed: ${output.trim() || `it ended with ${code}`}`, {
      hint: "see credsStore and credHelpers in docker's config.json",
    })
  }

  return {
    async get(server) {
      const { code, output } = await runProgram(program, 'get', server, env)
      if (code !== 0) {
        if (NOT_FOUND.test(output)) return undefined
        throw new CliError(`${program} get failed: ${output.trim() || `it ended with ${code}`}`)
      }
      const { Username: username = '', Secret: secret = '' } = readAnswer(program, output)
      return fromPair(username, secret)
    },
    async store(server, credential) {
      const { username, secret } = toPair(credential)
      await run('store', JSON.stringify({ ServerURL: server, Username: username, Secret: secret }))
    },
    async erase(server) {
      const { code, output } = await runProgram(program, 'erase', server, env)
      if (code !== 0 && !NOT_FOUND.test(output)) throw new CliError(`${program} erase failed: ${output.trim()}`)
    },
  }
}

/**
 * What `docker-credential-kontor` keeps, without starting it: docker gets a token that lasts an hour from it, and this
 * client wants what that is made with.
 */
function openOwnHelper(env: NodeJS.ProcessEnv): CredentialHelper {
  const store = openOwnStore(env)
  return {
    async get(server) {
      const kept = await store.find(server)
      return kept && fromPair(kept.username, kept.secret)
    },
    store: (server, credential) => store.put(server, toPair(credential)),
    async erase(server) {
      await store.remove(server)
    },
  }
}

function readAnswer(program: string, output: string): { readonly Username?: string; readonly Secret?: string } {
  try {
    return JSON.parse(output) as { Username?: string; Secret?: string }
  } catch (cause) {
    throw new CliError(`${program} get answers with something that is no JSON`, { cause })
  }
}

function runProgram(
  program: string,
  action: string,
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [action], { stdio: ['pipe', 'pipe', 'inherit'], env })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (cause) =>
      reject(
        new CliError(`docker's config.json names ${program}, which cannot be run (${cause.message})`, {
          hint: 'install it, or take its name out of credsStore and credHelpers',
          cause,
        }),
      ),
    )
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
    // A helper that ends without reading makes writing fail; what counts is how it ended.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

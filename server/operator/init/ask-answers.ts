import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import { loadConfig } from '../../../config/load.ts'
import type { ShellSession } from '../shell.ts'
import { type Answers, isLocalName, type Transport } from './answers.ts'
import { findFileProblem } from './check-certificate-files.ts'

/** What `kontor init` was told by flags; what is undefined is asked. */
export interface AnswerOptions {
  readonly hostName?: string
  readonly port?: string
  readonly dataDir?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  /** False for `--no-tls`. */
  readonly tls?: boolean
  /** Addresses, separated by commas. */
  readonly proxy?: string
  /** Take the usual answer instead of asking. */
  readonly yes?: boolean
}

/**
 * Finds out what the registry is to be, and asks what no flag says.
 * @throws a refusal for flags that contradict each other, and where nobody can be asked.
 */
export async function askAnswers(session: ShellSession, options: AnswerOptions): Promise<Answers> {
  const told = transportOf(session, options)
  const hostName = await answer(session, options, {
    told: options.hostName,
    usual: 'localhost',
    question: 'name by which clients reach it',
    flag: '--host-name',
    check: problemWithHostName,
  })
  const transport = told ?? (await askTransport(session, options, hostName))
  const port = await answer(session, options, {
    told: options.port,
    usual: '5000',
    question: 'port on which it listens',
    flag: '--port',
    check: (text) => problemWith(`--http.port=${text}`),
  })
  const dataDir = await answer(session, options, {
    told: options.dataDir,
    usual: './data',
    question: 'folder for everything it stores',
    flag: '--data-dir',
    check: (text) => problemWith(`--data-dir=${text}`),
  })
  return { hostName, port, transport, dataDir: resolve(dataDir) }
}

/**
 * One answer: from a flag, the usual one, or asked for until it is good.
 * @param wanted.check what is wrong with an answer; undefined for a good one.
 * @throws a refusal for a flag that is no good.
 */
async function answer(
  { ask, refusal, terminal }: ShellSession,
  options: Pick<AnswerOptions, 'yes'>,
  wanted: {
    readonly told: string | undefined
    readonly usual: string
    readonly question: string
    /** By which it can be said, too. */
    readonly flag: string
    readonly check: (text: string) => string | undefined
  },
): Promise<string> {
  const { told = options.yes ? wanted.usual : undefined, usual, question, flag, check } = wanted
  if (told !== undefined) {
    const problem = check(told)
    if (problem !== undefined) throw refusal(problem, { exit: 'usage' })
    return told
  }
  const instead = `give ${flag}, or --yes for what is usual`
  if (!terminal.canAsk) throw refusal(`${flag} is not given, and nobody can be asked`, { exit: 'usage', hint: instead })
  for (;;) {
    const text = (await ask({ text: `${question} [${usual}]`, instead })).trim() || usual
    const problem = check(text)
    if (problem === undefined) return text
    terminal.note(`  ${problem}`)
  }
}

/** How it is reached, if the flags say so. */
function transportOf({ refusal }: ShellSession, options: AnswerOptions): Transport | undefined {
  const { tls, tlsCert, tlsKey, proxy } = options
  const said = [tls === false, tlsCert !== undefined || tlsKey !== undefined, proxy !== undefined]
  if (said.filter((each) => each).length > 1) {
    throw refusal('--no-tls, --tls-cert and --proxy exclude each other', { exit: 'usage', hint: 'keep one of them' })
  }
  if (tls === false) return { kind: 'plain' }
  if (proxy !== undefined) {
    const problem = problemWith(`--http.trust-proxy=${proxy}`)
    if (problem !== undefined) throw refusal(problem, { exit: 'usage' })
    return { kind: 'proxy', addresses: proxy.split(',').map((address) => address.trim()) }
  }
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw refusal('--tls-cert and --tls-key belong together', { exit: 'usage', hint: 'give both' })
  }
  return { kind: 'own-tls', certFile: tlsCert, keyFile: tlsKey }
}

async function askTransport(session: ShellSession, options: AnswerOptions, hostName: string): Promise<Transport> {
  // Nobody listens in within one machine, and clients speak plain HTTP to it.
  if (isLocalName(hostName)) return { kind: 'plain' }
  const { ask, refusal, terminal } = session
  const instead = 'give --tls-cert <file> and --tls-key <file>, --proxy <addresses>, or --no-tls'
  if (options.yes || !terminal.canAsk) {
    throw refusal(`whether clients reach ${hostName} with TLS is not said`, { exit: 'usage', hint: instead })
  }
  terminal.note('how is it protected from being overheard?')
  terminal.note('  1  Kontor speaks TLS itself, with a certificate of yours')
  terminal.note('  2  a proxy before it speaks TLS')
  terminal.note('  3  not at all: plain HTTP, for a try in a closed network')
  for (;;) {
    const choice = (await ask({ text: '1, 2 or 3 [1]', instead })).trim() || '1'
    if (choice === '3') return { kind: 'plain' }
    if (choice === '2') {
      const addresses = await answer(session, options, {
        told: undefined,
        usual: '127.0.0.1',
        question: 'addresses of the proxy',
        flag: '--proxy',
        check: (text) => problemWith(`--http.trust-proxy=${text}`),
      })
      return { kind: 'proxy', addresses: addresses.split(',').map((address) => address.trim()) }
    }
    if (choice === '1') {
      return askCertificateFiles(session, instead)
    }
  }
}

async function askCertificateFiles({ ask, terminal }: ShellSession, instead: string): Promise<Transport> {
  const askFile = async (text: string) => resolve((await ask({ text, instead })).trim())
  for (;;) {
    const certFile = await askFile('file with the certificate and its chain (PEM)')
    const keyFile = await askFile('file with its private key (PEM)')
    const problem = await findFileProblem({ certFile, keyFile })
    if (problem === undefined) return { kind: 'own-tls', certFile, keyFile }
    terminal.note(`  ${problem}`)
  }
}

function problemWithHostName(text: string): string | undefined {
  const host = isIPv6(text) ? `[${text}]` : text
  const isGood = problemWith(`--http.public-url=https://${host}`) === undefined && !/^[^[]*:|\]:/.test(host)
  return isGood ? undefined : `${JSON.stringify(text)} is no host name; write it without scheme and port`
}

/** What the settings say about a value, given as a flag; undefined when it is good. */
function problemWith(flag: string): string | undefined {
  try {
    loadConfig({
      flags: [flag],
      env: {},
      cwd: '/',
      readFile() {
        throw Object.assign(new Error('no file is asked'), { code: 'ENOENT' })
      },
    })
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems[0]?.message
  }
}

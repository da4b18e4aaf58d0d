import { checkAnswer } from '../load/check-answer.ts'
import { Connection } from '../load/connection.ts'
import { formatRequest } from '../load/format-request.ts'
import { readProcessorSeconds } from '../measure/process-usage.ts'
import { basicHeader, type KontorAccounts } from '../servers/kontor-accounts.ts'
import { pushedImage } from '../stock/image.ts'
import { pullScope } from '../stock/scopes.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Candidate, Workload } from './workload.ts'

const BURST = 64
const PEERS = ['distribution-2', 'distribution-3', 'zot'] as const

export const tokenByPassword = tokenWorkload(
  'token-password',
  'token for a password',
  async (accounts) => (await accounts.logins()).password,
)
export const tokenByAccessToken = tokenWorkload(
  'token-access-token',
  'token for an access token',
  async (accounts) => (await accounts.logins()).accessToken,
)
export const tokenAnonymous = tokenWorkload('token-anonymous', 'token for anybody', async () => undefined)

function tokenWorkload(
  name: string,
  title: string,
  logIn: (accounts: KontorAccounts) => Promise<string | undefined>,
): Workload {
  return {
    name,
    title,
    unit: 'per s',
    notOfferedBy: PEERS,
    targets: [{ kind: 'at-least', value: 2_000 }],
    async prepare({ stock }) {
      const { repository } = await pushedImage(stock)
      const accounts = accountsOf({ stock })
      // So that anybody gets a token that is good for something.
      await accounts.makePublic(repository)
      const path = `/token?service=bench&scope=${encodeURIComponent(pullScope(repository))}`
      const request = formatRequest(stock.server.address, { path, authorization: await logIn(accounts) })
      return repeatedRequests(stock.server, [{ request, expected: { status: 200 } }])
    },
  }
}

/** How often a password is hashed when it comes 64 times at once, from what that costs the processor. */
export const passwordBurst: Workload = {
  name: 'password-burst',
  title: 'argon2 runs for 64 logins at once',
  unit: 'times',
  notOfferedBy: PEERS,
  targets: [{ kind: 'at-most', value: 1.5 }],
  async prepare({ stock }) {
    const { address, pid } = stock.server
    const accounts = accountsOf({ stock })
    const opened = await Promise.all(Array.from({ length: BURST }, () => Connection.open(address)))
    /** What a first login costs beside the main thread, when it comes on so many connections at once. */
    async function hashingSeconds(connections: readonly Connection[]): Promise<number> {
      const request = formatRequest(address, {
        path: '/token',
        authorization: basicHeader(await accounts.createUser()),
      })
      const before = readProcessorSeconds(pid, { mainThread: false })
      const answers = await Promise.all(connections.map((connection) => connection.exchange(request)))
      for (const answer of answers) checkAnswer(answer, { status: 200 })
      return readProcessorSeconds(pid, { mainThread: false }) - before
    }
    return {
      run: async () => (await hashingSeconds(opened)) / (await hashingSeconds(opened.slice(0, 1))),
      close() {
        for (const connection of opened) connection.close()
      },
    }
  },
}

function accountsOf({ stock }: Pick<Candidate, 'stock'>): KontorAccounts {
  if (stock.server.accounts === undefined) throw new Error('this server knows no accounts')
  return stock.server.accounts
}

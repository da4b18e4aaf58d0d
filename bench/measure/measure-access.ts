import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { parseRepositoryName } from '../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../oci/repository-pattern.ts'
import { type Credential, robotCredential, userCredential } from '../../server/access/credential.ts'
import { createPolicy } from '../../server/access/policy.ts'
import type { AccountId, RobotId, RobotSecretId } from '../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../storage/metadata/repositories.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import {
  createLargeOrganization,
  GRANTS,
  type LargeOrganization,
  MEMBERS,
  REPOSITORIES,
  TEAMS,
} from '../support/large-organization.ts'

const DECISIONS = 5_000
const PAGES = 200
const PAGE_SIZE = 100
/** Past half of the repositories. */
const DEEP = 'acme/team-1'

/** Every item in an order that looks random. */
function pick<T>(items: readonly T[], round: number): T {
  const item = items[(round * 7_919) % items.length]
  if (item === undefined) throw new Error('there is nothing to pick from')
  return item
}

async function report(what: string, rounds: number, work: (round: number) => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now()
    await work(round)
    times.push(performance.now() - startMs)
  }
  times.sort((one, other) => one - other)
  const [p50, p99] = [0.5, 0.99].map((share) =>
    (times[Math.floor(rounds * share)] ?? Number.NaN).toFixed(3).padStart(9),
  )
  console.log(`${what.padEnd(60)} ${p50} ${p99}`)
}

/** Whole decisions, as a request makes them: who asks, as the database has it now, and whether they may push. */
async function measureDecisions(store: MetadataStore, organization: LargeOrganization): Promise<void> {
  const { memberIds, robotIds, paths, ubiquitousId, outsiderId } = organization
  const policy = createPolicy(store)
  const user = async (id: number) => {
    const account = await store.accounts.findById(id as AccountId)
    if (account === undefined) throw new Error(`there is no account ${id}`)
    return userCredential(account, { kind: 'password' })
  }
  const robot = async (id: number) => {
    const secretId = id as RobotSecretId
    const found = await store.robots.findWithSecret(id as RobotId, secretId)
    if (found === undefined) throw new Error(`there is no robot ${id}`)
    return robotCredential(found, secretId)
  }
  const callers: readonly (readonly [string, (round: number) => Promise<Credential>])[] = [
    ['a member', (round) => user(pick(memberIds, round))],
    ['the member of all teams', () => user(ubiquitousId)],
    ['a robot', (round) => robot(pick(robotIds, round))],
    ['an outsider', () => user(outsiderId)],
  ]
  for (const [name, caller] of callers) {
    await report(`may ${name} push?`, DECISIONS, async (round) =>
      policy.authorize(await caller(round), 'push', parseRepositoryName(`acme/${pick(paths, round + 1)}`)),
    )
  }
}

async function measureLists({ repositories }: MetadataStore, organization: LargeOrganization): Promise<void> {
  const { memberIds, robotIds, ubiquitousId, ownerId } = organization
  const within = ['acme/service-1*', 'acme/team-1*/**'].map(parseRepositoryPattern)
  const viewers: readonly (readonly [string, (round: number) => Viewer])[] = [
    ['a member', (round) => ({ kind: 'user', userId: pick(memberIds, round) as AccountId })],
    ['the member of all teams', () => ({ kind: 'user', userId: ubiquitousId as AccountId })],
    ['an owner', () => ({ kind: 'user', userId: ownerId as AccountId })],
    ['an owner’s narrowed token', () => ({ kind: 'user', userId: ownerId as AccountId, within })],
    ['a member’s narrowed token', (round) => ({ kind: 'user', userId: pick(memberIds, round) as AccountId, within })],
    ['a robot', (round) => ({ kind: 'robot', robotId: pick(robotIds, round) as RobotId })],
    ['anonymous', () => ({ kind: 'anonymous' })],
    ['an administrator', () => ({ kind: 'everything' })],
  ]
  for (const [name, viewer] of viewers) {
    for (const after of [undefined, DEEP]) {
      const page = after === undefined ? 'first page' : 'deep page'
      await report(`listVisible(), ${name}, ${page} of ${PAGE_SIZE}`, PAGES, (round) =>
        repositories.listVisible(viewer(round), { after, limit: PAGE_SIZE }),
      )
    }
  }
}

/** Measures what deciding a request and listing repositories cost in a large organization, and prints it in milliseconds. */
export async function measureAccess(): Promise<void> {
  for (const everythingPercent of [5, 0]) await measureIn(everythingPercent)
}

async function measureIn(everythingPercent: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-'))
  const path = join(folder, 'kontor.db')
  const store = openSqliteMetadataStore({ path, now: Date.now, holdNamesForMs: 0 })
  try {
    const db = new SqliteDatabase(path)
    const organization = createLargeOrganization(db, everythingPercent)
    db.close()
    console.log(
      `\n${MEMBERS} members, ${TEAMS} teams, ${GRANTS} grants (${everythingPercent} % for **), ${REPOSITORIES} repositories`,
    )
    console.log(`${''.padEnd(60)} ${'p50 ms'.padStart(9)} ${'p99 ms'.padStart(9)}`)
    await measureDecisions(store, organization)
    await measureLists(store, organization)
  } finally {
    await store.close()
    await rm(folder, { recursive: true })
  }
}

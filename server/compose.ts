import type { Config } from '../config/schema.ts'
import type { BlobStore } from '../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts'
import { openDataFolder } from '../storage/data-folder.ts'
import type { MetadataStore } from '../storage/metadata/metadata-store.ts'
import { openSqliteMetadataStore } from '../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { createAuthenticate, UPLOAD_GRACE_MS } from './access/authenticate.ts'
import { createLastUses } from './access/last-uses.ts'
import { createLoginThrottle } from './access/login-throttle.ts'
import { createPasswords, type Passwords } from './access/passwords.ts'
import { createPolicy } from './access/policy.ts'
import { createSecrets } from './access/secrets.ts'
import { openSigningKeys } from './access/signing-keys.ts'
import { createTokenExchange } from './access/token-exchange.ts'
import { createTokens } from './access/tokens.ts'
import { completeFirstStart, type FirstStart } from './accounts/first-start.ts'
import { createAdmit } from './api/admission.ts'
import { createApp } from './api/app.ts'
import { createPages } from './api/pages.ts'
import { createImportArchive } from './archives/import-archive.ts'
import { createRefusals, type Refusals } from './audit/refusals.ts'
import { type Content, composeContent, composeRegistry } from './compose-registry.ts'
import { composeSearch } from './compose-search.ts'
import { type DeclaredRoute, declareRoutes } from './declared-routes.ts'
import { createAdmit as createAdmitOnWire } from './distribution/admit.ts'
import { createDispatch } from './distribution/dispatch.ts'
import { createOperations } from './distribution/operations.ts'
import { createTokenEndpoint } from './distribution/token.ts'
import { type Listener, openListener } from './http/listener.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import type { ReportFault } from './http/request-context.ts'
import { listJobs } from './jobs/list-jobs.ts'
import { startJobs } from './jobs/schedule.ts'
import { type Log, openLog } from './log.ts'
import { createPullCounts, type PullCounts } from './registry/pull-counts.ts'
import { createUploadHolds, type UploadHolds } from './registry/upload-holds.ts'
import { createResources, type Resources } from './resources.ts'
import { createScrubber } from './scrub/scrubber.ts'
import type { SearchAnswers } from './search/search-answers.ts'
import { createYoungGarbageCollection } from './young-garbage-collection.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A registry, ready to listen. */
export interface Server {
  /** Everything that can be asked of it, with the rule of each: what the access matrix is made from (I6). */
  describeRoutes(): Promise<readonly DeclaredRoute[]>
  listen(): Promise<{ readonly url: string }>
  /** Lets requests finish (up to the deadline), then closes everything. */
  close(): Promise<void>
}

/** What is no setting: the program's version, and what a test puts in the place of the real thing. */
export interface Overrides {
  readonly version?: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  readonly openBlobStore?: (root: string) => Promise<BlobStore>
}

/**
 * Puts a registry together: the only place that says which implementation is used.
 * @throws Error with a sentence for the administrator when the data folder or the database cannot be used.
 */
export async function composeServer(config: Config, overrides: Overrides = {}): Promise<Server> {
  const resources = createResources()
  try {
    return await compose(config, overrides, resources)
  } catch (error) {
    await resources.close()
    throw error
  }
}

async function compose(config: Config, overrides: Overrides, resources: Resources): Promise<Server> {
  const now = overrides.now ?? Date.now
  const collectYoungGarbage = createYoungGarbageCollection()
  const openBlobStore =
    overrides.openBlobStore ?? ((root: string) => openFilesystemBlobStore({ root, collectYoungGarbage }))
  const { log } = resources.own(openLog(config.log), (opened) => opened.close())
  const metrics = createMetrics({ countDamage: () => metadata.damage.count() })
  const folder = resources.own(openDataFolder(config.dataDir), (opened) => opened.close())
  const blobs = await openBlobStore(folder.blobsPath)
  const metadata = resources.own(
    openSqliteMetadataStore({
      path: folder.databasePath,
      now,
      holdNamesForMs: config.accounts.holdNamesDays * DAY_MS,
    }),
    (opened) => opened.close(),
  )
  const refusals = resources.own(createRefusals({ auditLog: metadata.auditLog, now }), (gathered) => gathered.flush())
  const pullCounts = resources.own(createPullCounts({ store: metadata.pulls, now }), (gathered) => gathered.flush())
  const version = overrides.version ?? '0.0.0'
  const uploadHolds = createUploadHolds()
  const foundations = { config, version, log, metrics, blobs, uploadHolds, metadata, refusals, pullCounts, now }
  const core: Core = { ...foundations, content: composeContent(foundations) }

  const passwords = createPasswords()
  const { username, password } = config.admin
  const firstStart = await completeFirstStart({ accounts: metadata.accounts, passwords, username, password })
  // At once: should the start fail from here on (a port in use), nobody would ever learn the password.
  if (firstStart.kind === 'admin-created') announceAdmin(firstStart)
  const access = await composeAccess(core, passwords)
  resources.own(access.lastUses, (gathered) => gathered.flush())
  const scrubber = createScrubber({ ...metadata, blobs, log, now })
  resources.own(
    startJobs(
      listJobs({
        ...core,
        ...access,
        scrubber,
        uploadsExpireAfterMs: config.uploads.expireAfterHours * HOUR_MS,
        auditRetentionMs: config.audit.retentionDays * DAY_MS,
      }),
      log,
    ),
    (started) => started.stop(),
  )
  resources.own(scrubber, (running) => running.stop())
  const search = resources.own(
    composeSearch({ threads: config.search.threads, metadata, databasePath: folder.databasePath, now }),
    (opened) => opened.close(),
  )
  const { operations, pages, importArchive, loadHub } = composeDoors(core, access, search, () => listener.isAccepting())
  // What is still being imported when the last connection is cut throws away its bytes before the database is closed.
  resources.own(importArchive, (imports) => imports.settle())
  const { authenticate, policy, exchange, lastUses } = access
  const { readChangeMark } = metadata
  const reportFault = createReportFault(log)
  const listener: Listener = await openListener({
    settings: config.http,
    logsAccess: config.log.access,
    log,
    metrics,
    routes: {
      distribution: createDispatch({
        operations,
        admit: createAdmitOnWire({ authenticate, policy, refusals, lastUses, readChangeMark, now }),
        reportFault,
      }),
      token: createTokenEndpoint({ authenticate, exchange, reportFault }),
      fallback: createApp({
        pages,
        loadHub,
        authenticate,
        admit: createAdmit({ ...metadata, policy }),
        refusals,
        reportFault,
      }),
    },
  })
  resources.own(listener, (opened) => opened.close())

  return {
    async describeRoutes() {
      const hub = await loadHub()
      return declareRoutes({ operations, routes: hub.routes, pages: [...pages, ...hub.pages] })
    },
    async listen() {
      const { url } = await listener.listen()
      log.info({ event: 'server.listening', url }, `Kontor is listening on ${url}`)
      return { url }
    },
    async close() {
      log.info({ event: 'server.stopping' }, 'stopping: letting requests finish')
      await resources.close()
    },
  }
}

/** What everything else is made from. */
interface Core {
  readonly config: Config
  readonly version: string
  readonly log: Log
  readonly metrics: Metrics
  readonly blobs: BlobStore
  readonly uploadHolds: UploadHolds
  readonly metadata: MetadataStore
  readonly refusals: Refusals
  readonly pullCounts: PullCounts
  readonly now: () => number
  readonly content: Content
}

type Access = Awaited<ReturnType<typeof composeAccess>>

async function composeAccess({ config, metadata, refusals, now }: Core, passwords: Passwords) {
  const { lifetimeSeconds, refreshTokens: handsOutRefreshTokens, keyRotationDays } = config.tokens
  const { accounts, accessTokens, refreshTokens, robots } = metadata
  const keys = await openSigningKeys({
    store: metadata.signingKeys,
    now,
    rotateAfterMs: keyRotationDays * DAY_MS,
    provesForMs: lifetimeSeconds * 1000 + UPLOAD_GRACE_MS,
  })
  const tokens = createTokens({ keys, lifetimeSeconds, now })
  const policy = createPolicy(metadata)
  const lastUses = createLastUses({ store: metadata.lastUses })
  const secrets = createSecrets({ accounts, accessTokens, refreshTokens, robots, lastUses, now })
  const throttle = createLoginThrottle()
  const authenticate = createAuthenticate({ accounts, passwords, secrets, tokens, throttle, refusals, now })
  const exchange = createTokenExchange({ refreshTokens, policy, tokens, handsOutRefreshTokens })
  return { passwords, keys, policy, lastUses, authenticate, exchange }
}

/** What can be asked, at each of the doors. */
function composeDoors(core: Core, access: Access, search: SearchAnswers, isAccepting: () => boolean) {
  const { config, version, metrics, metadata, now } = core
  const { passwords, keys, policy, lastUses, authenticate } = access
  const registry = composeRegistry({ ...core, policy })
  const importArchive = createImportArchive({
    ...core,
    ...metadata,
    pushManifest: registry.pushManifest,
    allowSparseIndexes: config.manifests.allowSparseIndexes,
    limits: config.archives,
  })
  const pages = createPages({
    metrics,
    keys,
    metricsAreAnonymous: config.metrics.anonymous,
    async findUnreadiness() {
      if (!isAccepting()) return 'the server is stopping'
      return metadata.ping().then(
        () => undefined,
        (error: unknown) => `the database does not answer: ${error}`,
      )
    },
  })
  const loadHub = async () => {
    const { createApi } = await import('./api/api.ts')
    const settings = { ...config.accounts, sendsPodmanToCatalog: config.search.sendPodmanToCatalog }
    return createApi({
      metadata,
      registry,
      importArchive,
      search,
      policy,
      passwords,
      authenticate,
      lastUses,
      settings,
      version,
      now,
    })
  }
  return { operations: createOperations(registry), pages, importArchive, loadHub }
}

function createReportFault(log: Log): ReportFault {
  return (error, { id, route }) => {
    log.error(
      { event: 'request.failed', requestId: id, route, err: error },
      'a request failed for no fault of its client',
    )
  }
}

/** Straight to the terminal: a log is kept and shipped, and no password belongs in one. */
function announceAdmin({ username, generatedPassword }: FirstStart & { kind: 'admin-created' }): void {
  if (generatedPassword === undefined) return
  process.stderr.write(
    `\n  The administrator is "${username}", the password is ${generatedPassword}\n` +
      `  It is shown this once. Another is made by: kontor user reset-password ${username}\n\n`,
  )
}

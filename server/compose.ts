import type { Config } from '../config/schema.ts'
import type { BlobStore } from '../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts'
import { openDataFolder } from '../storage/data-folder.ts'
import type { MetadataStore } from '../storage/metadata/metadata-store.ts'
import { openSqliteMetadataStore } from '../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { createAuthenticate, UPLOAD_GRACE_MS } from './access/authenticate.ts'
import { createPasswords, type Passwords } from './access/passwords.ts'
import { createPolicy, type Policy } from './access/policy.ts'
import { openSigningKeys } from './access/signing-keys.ts'
import { createTokenExchange } from './access/token-exchange.ts'
import { createTokens } from './access/tokens.ts'
import { completeFirstStart, type FirstStart } from './accounts/first-start.ts'
import { createApp } from './api/app.ts'
import { createPages } from './api/pages.ts'
import { createRepositoryRoutes } from './api/repositories.ts'
import { createUserRoutes } from './api/users.ts'
import { createDispatch } from './distribution/dispatch.ts'
import { createOperations } from './distribution/operations.ts'
import { createTokenEndpoint } from './distribution/token.ts'
import { type Listener, openListener } from './http/listener.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import type { ReportFault } from './http/request-context.ts'
import { type Job, startJobs } from './jobs/schedule.ts'
import { sweepUploads } from './jobs/sweep-uploads.ts'
import { type Log, openLog } from './log.ts'
import { createDeleteContent } from './registry/delete-content.ts'
import { createListContent } from './registry/list-content.ts'
import { createMountBlob } from './registry/mount-blob.ts'
import { createPullBlob } from './registry/pull-blob.ts'
import { createPullManifest } from './registry/pull-manifest.ts'
import { createPushManifest } from './registry/push-manifest.ts'
import type { Registry } from './registry/registry.ts'
import { createUploadBlob } from './registry/upload-blob.ts'
import { createUploadLocks } from './registry/upload-locks.ts'
import { createResources, type Resources } from './resources.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A registry, ready to listen. */
export interface Server {
  listen(): Promise<{ readonly url: string }>
  /** Lets requests finish (up to the deadline), then closes everything. */
  close(): Promise<void>
}

/** What a test may put in the place of the real thing. */
export interface Overrides {
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
  const openBlobStore = overrides.openBlobStore ?? ((root: string) => openFilesystemBlobStore({ root }))
  const { log } = resources.own(openLog(config.log), (opened) => opened.close())
  const metrics = createMetrics()
  const folder = resources.own(openDataFolder(config.dataDir), (opened) => opened.close())
  const blobs = await openBlobStore(folder.blobsPath)
  const metadata = resources.own(openSqliteMetadataStore({ path: folder.databasePath, now }), (opened) =>
    opened.close(),
  )
  const core: Core = { config, log, metrics, blobs, metadata, now }

  const passwords = createPasswords()
  const { username, password } = config.admin
  const firstStart = await completeFirstStart({ accounts: metadata.accounts, passwords, username, password })
  // At once: should the start fail from here on (a port in use), nobody would ever learn the password.
  if (firstStart.kind === 'admin-created') announceAdmin(firstStart)
  const access = await composeAccess(core, passwords)
  resources.own(startJobs(composeJobs(core, access), log), (started) => started.stop())
  const listener = resources.own(await composeListener(core, access), (opened) => opened.close())

  return {
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
  readonly log: Log
  readonly metrics: Metrics
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  readonly now: () => number
}

type Access = Awaited<ReturnType<typeof composeAccess>>

async function composeAccess({ config, metadata, now }: Core, passwords: Passwords) {
  const { lifetimeSeconds, refreshTokens: handsOutRefreshTokens, keyRotationDays } = config.tokens
  const keys = await openSigningKeys({
    store: metadata.signingKeys,
    now,
    rotateAfterMs: keyRotationDays * DAY_MS,
    provesForMs: lifetimeSeconds * 1000 + UPLOAD_GRACE_MS,
  })
  const { accounts, refreshTokens } = metadata
  const tokens = createTokens({ keys, lifetimeSeconds, now })
  const policy = createPolicy(metadata)
  const authenticate = createAuthenticate({ accounts, passwords, tokens, now })
  const exchange = createTokenExchange({ accounts, refreshTokens, policy, tokens, handsOutRefreshTokens, now })
  return { passwords, keys, policy, authenticate, exchange }
}

function composeRegistry({ config, log, metrics, blobs, metadata, now }: Core, policy: Policy): Registry {
  const { manifests, tags, repositories, blobLinks, uploadSessions } = metadata
  return {
    pullManifest: createPullManifest({ manifests }),
    pushManifest: createPushManifest({ manifests, allowSparseIndexes: config.manifests.allowSparseIndexes }),
    pullBlob: createPullBlob({
      blobs,
      blobLinks,
      onDamaged(digest, expectedSize, actualSize) {
        metrics.blobDamaged()
        log.error(
          { event: 'blob.damaged', digest, expectedSize, actualSize },
          'a blob is damaged; pushing it again heals it',
        )
      },
    }),
    uploadBlob: createUploadBlob({ blobs, blobLinks, repositories, uploadSessions, locks: createUploadLocks(), now }),
    mountBlob: createMountBlob({ blobs, blobLinks, policy }),
    deleteContent: createDeleteContent({ manifests, tags, blobLinks }),
    listContent: createListContent({ tags, repositories, manifests }),
  }
}

async function composeListener(
  core: Core,
  { passwords, keys, policy, authenticate, exchange }: Access,
): Promise<Listener> {
  const { config, log, metrics, metadata } = core
  const reportFault: ReportFault = (error, { id, route }) => {
    log.error(
      { event: 'request.failed', requestId: id, route, err: error },
      'a request failed for no fault of its client',
    )
  }
  const operations = createOperations(composeRegistry(core, policy))
  const pages = createPages({
    metrics,
    keys,
    metricsAreAnonymous: config.metrics.anonymous,
    async findUnreadiness() {
      if (!listener.isAccepting()) return 'the server is stopping'
      return metadata.ping().then(
        () => undefined,
        (error: unknown) => `the database does not answer: ${error}`,
      )
    },
  })
  const routes = [
    ...createUserRoutes({ accounts: metadata.accounts, passwords }),
    ...createRepositoryRoutes({ repositories: metadata.repositories, policy }),
  ]
  const listener = await openListener({
    settings: config.http,
    logsAccess: config.log.access,
    log,
    metrics,
    routes: {
      distribution: createDispatch({ operations, authenticate, policy, reportFault }),
      token: createTokenEndpoint({ authenticate, exchange, reportFault }),
      fallback: createApp({ routes, pages, authenticate, reportFault }),
    },
  })
  return listener
}

function composeJobs({ config, log, blobs, metadata: { uploadSessions }, now }: Core, { keys }: Access): Job[] {
  return [
    {
      name: 'sweep-uploads',
      everyMs: 10 * MINUTE_MS,
      async run() {
        const expireAfterMs = config.uploads.expireAfterHours * HOUR_MS
        const swept = await sweepUploads({ blobs, uploadSessions, expireAfterMs, now })
        if (swept > 0) log.info({ event: 'uploads.swept', count: swept }, 'gave up abandoned uploads')
      },
    },
    { name: 'rotate-signing-key', everyMs: HOUR_MS, run: () => keys.rotateIfDue() },
  ]
}

/** Straight to the terminal: a log is kept and shipped, and no password belongs in one. */
function announceAdmin({ username, generatedPassword }: FirstStart & { kind: 'admin-created' }): void {
  if (generatedPassword === undefined) return
  process.stderr.write(
    `\n  The administrator is "${username}", the password is ${generatedPassword}\n` +
      '  It is shown this once. Change it with: PATCH /api/v1/users/' +
      `${username} {"password": "..."}\n\n`,
  )
}

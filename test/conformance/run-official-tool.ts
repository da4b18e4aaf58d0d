import { execFile } from 'node:child_process'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { SpecVersion } from './conformance-settings.ts'
import { type JunitReport, parseJunitReport } from './junit-report.ts'

/** One way to run the distribution-spec's own conformance tool. */
export interface OfficialRun {
  /** Sets what the tool asks for: its defaults differ with the version. */
  readonly spec: SpecVersion
  readonly keepsTokens: boolean
  /** Also pushes an image without one of its layers, and an index without one of its platforms. */
  readonly sparse: boolean
}

/** Where to run it. */
export interface OfficialTarget {
  /** `host:port`, spoken to without TLS. */
  readonly host: string
  readonly username: string
  readonly password: string
  /** Where the two repositories go that it pushes to. */
  readonly namespace: string
  /** A folder for the reports; what was in it is removed. */
  readonly resultsDir: string
}

/** Everything the tool can do that is the same in all versions; `OCI_DATA_SPARSE` is the run's own. */
const ALL_ON = [
  ...['PING', 'PULL', 'PUSH', 'REFERRER', 'BLOBS_ATOMIC', 'BLOBS_DELETE', 'BLOBS_MOUNT_ANONYMOUS'].map(apiOption),
  ...['MANIFESTS_ATOMIC', 'MANIFESTS_DELETE', 'TAGS_ATOMIC', 'TAGS_DELETE', 'TAGS_LIST'].map(apiOption),
  ...['IMAGE', 'INDEX', 'INDEX_LIST', 'ARTIFACT', 'ARTIFACT_LIST', 'SUBJECT', 'SUBJECT_LIST'].map(dataOption),
  ...['SUBJECT_MISSING', 'DATA_FIELD', 'CUSTOM_FIELDS', 'NONDISTRIBUTABLE', 'NO_LAYERS'].map(dataOption),
  ...['EMPTY_BLOB', 'SHA512'].map(dataOption),
]

/**
 * Runs the tool and reads its report. Its exit code is not looked at: it is 0 when the configuration is not
 * understood, and in some versions whatever fails.
 * @param binary the path of the tool.
 * @throws Error when the tool cannot be started or leaves no report.
 */
export async function runOfficialTool(
  binary: string,
  { spec, keepsTokens, sparse }: OfficialRun,
  { host, username, password, namespace, resultsDir }: OfficialTarget,
): Promise<JunitReport> {
  await rm(resultsDir, { recursive: true, force: true })
  await mkdir(resultsDir, { recursive: true })
  const output = await runToEnd(binary, resultsDir, {
    ...Object.fromEntries(ALL_ON.map((name) => [name, 'true'])),
    OCI_VERSION: spec,
    OCI_CACHE_AUTH: String(keepsTokens),
    OCI_DATA_SPARSE: String(sparse),
    OCI_REGISTRY: host,
    OCI_TLS: 'disabled',
    OCI_USERNAME: username,
    OCI_PASSWORD: password,
    OCI_REPO1: `${namespace}/repo1`,
    OCI_REPO2: `${namespace}/repo2`,
    OCI_RESULTS_DIR: resultsDir,
    OCI_LOG: 'error',
  })
  try {
    return parseJunitReport(await readFile(path.join(resultsDir, 'junit.xml'), 'utf8'))
  } catch (cause) {
    throw new Error(`${binary} left no report in ${resultsDir}; it said: ${output}`, { cause })
  }
}

function apiOption(name: string): string {
  return `OCI_API_${name}`
}

function dataOption(name: string): string {
  return `OCI_DATA_${name}`
}

/** @returns what the tool wrote to standard error. */
function runToEnd(binary: string, workingDirectory: string, environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    // Nothing is inherited: an oci-conformance.yaml or OCI_… of the caller must not change what is asked for.
    const options = { cwd: workingDirectory, env: environment, maxBuffer: 64 * 1024 * 1024 }
    execFile(binary, options, (error, _stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') reject(error)
      else resolve(stderr)
    })
  })
}

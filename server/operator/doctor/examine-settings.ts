import { existsSync, statfsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LoadedConfig } from '../../../config/load.ts'
import { formatSource } from '../../../config/source.ts'
import { findConfigWarnings } from '../../../config/warnings.ts'
import { openMigrationControl } from '../../compose-migration.ts'
import { openTlsMaterial } from '../../http/tls.ts'
import { findNameProblem } from '../init/check-certificate-files.ts'
import { type Finding, type Findings, failed, ok, warning } from './finding.ts'

/** Below, pushes will soon be refused. */
const LITTLE_BYTES = 5 * 1024 ** 3
/** Below, they are, or the database cannot grow any more. */
const LEAST_BYTES = 256 * 1024 ** 2

/** Looks at what is on this machine: the settings, the certificate that they name, and the data folder. */
export async function* examineSettings(loaded: LoadedConfig): Findings {
  const warnings = findConfigWarnings(loaded)
  if (warnings.length === 0) yield ok('settings', 'they can be used')
  for (const { source, message } of warnings) {
    const [said = '', ...advice] = message.split('; ')
    yield warning('settings', `${formatSource(source)}: ${said}`, advice.join('; '))
  }
  yield* examineCertificateFiles(loaded)
  yield* examineDataFolder(loaded.config.dataDir)
}

async function* examineCertificateFiles({ config: { http } }: LoadedConfig): Findings {
  if (http.tls === undefined) return
  let dateProblem: string | undefined
  try {
    const onError = ({ message }: Error) => {
      dateProblem = message
    }
    const material = await openTlsMaterial({ ...http.tls, onReload() {}, onError })
    material.close()
  } catch (error) {
    yield failed(
      'certificate file',
      error instanceof Error ? error.message : String(error),
      'correct the file or the path',
    )
    return
  }
  if (dateProblem !== undefined) {
    yield failed('certificate file', dateProblem, 'renew it; a new file is used without a restart')
    return
  }
  const host = http.publicUrl === undefined ? undefined : new URL(http.publicUrl).hostname
  const cert = await readFile(http.tls.certFile)
  const nameProblem = host === undefined ? undefined : findNameProblem(cert, host)
  if (nameProblem === undefined) yield ok('certificate file', 'it can be used')
  else yield failed('certificate file', nameProblem, 'get one for the name in http.publicUrl')
}

function* examineDataFolder(dataDir: string): Generator<Finding> {
  if (!existsSync(dataDir)) {
    yield ok('data folder', `${dataDir} does not exist yet; the first start makes it`)
    yield* examineDisk(nearestFolder(dataDir))
    return
  }
  const { mode, uid } = statSync(dataDir)
  const own = process.getuid?.()
  const others = mode & 0o077
  if (others !== 0) {
    yield warning(
      'data folder',
      `others on this machine may look into ${dataDir}, where the keys are that sign tokens`,
      `chmod 700 ${dataDir}`,
    )
  } else if (own !== undefined && own !== 0 && own !== uid) {
    yield warning('data folder', `${dataDir} belongs to another user`, 'run the registry and this command as its owner')
  } else yield ok('data folder', `${dataDir} is its owner's alone`)
  yield* examineDisk(dataDir)
  yield* examineDatabase(dataDir)
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path))
}

function* examineDisk(folder: string): Generator<Finding> {
  const { bavail, bsize, blocks } = statfsSync(folder)
  const free = bavail * bsize
  const words = `${formatGiB(free)} of ${formatGiB(blocks * bsize)} are free`
  const advice = 'make room, or move the data folder to a larger disk; a full one refuses pushes'
  if (free < LEAST_BYTES) yield failed('disk', words, advice)
  else if (free < LITTLE_BYTES) yield warning('disk', words, advice)
  else yield ok('disk', words)
}

function* examineDatabase(dataDir: string): Generator<Finding> {
  try {
    const status = openMigrationControl(dataDir)?.readStatus()
    if (status === undefined) return
    const { version, newest } = status
    if (version === newest) yield ok('database', `of version ${version}, the newest`)
    else if (version < newest) {
      const words = `of version ${version}, and this Kontor of version ${newest}`
      yield warning('database', words, 'the next start of the server brings it there, or: kontor migrate')
    } else {
      const words = `of version ${version}, which a newer Kontor wrote; this one knows ${newest}`
      yield failed('database', words, 'use the newer Kontor, or restore a backup made before the upgrade')
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    yield failed('database', message, 'run this command as the user that the registry runs as')
  }
}

function formatGiB(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}

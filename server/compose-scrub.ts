import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts'
import { DataFolderInUseError, findDatabase, openDataFolder } from '../storage/data-folder.ts'
import type { DamageStore } from '../storage/metadata/damage.ts'
import type { ScrubStore } from '../storage/metadata/scrubs.ts'
import { openScrubLedger } from '../storage/metadata/sqlite/scrub-ledger.ts'
import { openSqliteMetadataStore } from '../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { createResources, type Resources } from './resources.ts'
import { runScrub } from './scrub/run-scrub.ts'

/** What the scrub of a data folder is asked by, and where it tells what it found. */
export interface ScrubControl {
  readonly scrubs: ScrubStore
  readonly damage: DamageStore
  /** Goes on with the scrub in this process; undefined when a server has the folder, which does it as soon as it is asked. */
  readonly runHere: ((signal: AbortSignal) => Promise<unknown>) | undefined
  close(): Promise<void>
}

/**
 * Whoever holds the data folder scrubs it: only there one sees what is being pushed and deleted. So this process does
 * it when no server runs, and otherwise asks the server, by the database (docs/decisions/0017-who-scrubs.md).
 * @throws Error that says what to do when there is no registry, or it is of another version.
 */
export async function openScrubControl(dataDir: string): Promise<ScrubControl> {
  const resources = createResources()
  try {
    return await open(dataDir, resources)
  } catch (error) {
    await resources.close()
    throw error
  }
}

async function open(dataDir: string, resources: Resources): Promise<ScrubControl> {
  const now = Date.now
  const path = findDatabase(dataDir)
  if (path === undefined) {
    throw new Error(
      `there is no registry in the data folder ${dataDir}; give the one that the server uses (--data-dir)`,
    )
  }
  const close = () => resources.close()
  const folder = takeFolder(dataDir, resources)
  if (folder === undefined) {
    const ledger = resources.own(openScrubLedger({ path, now }), (opened) => opened.close())
    return { scrubs: ledger.scrubs, damage: ledger.damage, runHere: undefined, close }
  }
  const blobs = await openFilesystemBlobStore({ root: folder.blobsPath })
  // Names that are held concern nobody who renames nothing.
  const options = { path: folder.databasePath, now, holdNamesForMs: 0 }
  const metadata = resources.own(openSqliteMetadataStore(options), (opened) => opened.close())
  const deps = { ...metadata, blobs, onNotice: () => {}, now }
  return {
    scrubs: metadata.scrubs,
    damage: metadata.damage,
    runHere: (signal) => runScrub(deps, signal),
    close,
  }
}

function takeFolder(dataDir: string, resources: Resources) {
  try {
    return resources.own(openDataFolder(dataDir), (opened) => opened.close())
  } catch (error) {
    if (error instanceof DataFolderInUseError) return undefined
    throw error
  }
}

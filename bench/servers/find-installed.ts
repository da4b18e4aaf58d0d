import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Installed, Product } from './bench-server.ts'
import { installedDistribution } from './distribution.ts'
import { installedZot } from './zot.ts'

/** The peers that are installed on this machine: Debian's package, and what `bench/install-peers` built. */
export function findInstalledPeers(): readonly Installed[] {
  const built = join(process.env['BENCH_PEERS_CACHE'] ?? join(homedir(), '.cache/kontor-peers'), 'bin')
  const peers: Installed[] = []
  const distribution = findProgram(built, 'registry')
  if (distribution !== undefined) {
    const label = `Distribution ${moduleVersion(distribution)}`
    peers.push(installedDistribution({ product: 'distribution-3', label, program: distribution }))
  }
  const debian = findProgram(process.env['PATH'] ?? '', 'docker-registry')
  if (debian !== undefined) {
    const version = /\d+\.\d+\.\d+/.exec(run(debian, '--version'))?.[0] ?? '2'
    peers.push(installedDistribution({ product: 'distribution-2', label: `Distribution ${version}`, program: debian }))
  }
  const zot = findProgram(built, 'zot')
  if (zot !== undefined) peers.push(installedZot({ label: `zot ${moduleVersion(zot)}`, program: zot }))
  return peers
}

/** What all products are called, whether they are here or not. */
export const PRODUCT_NAMES: Readonly<Record<Product, string>> = {
  kontor: 'Kontor',
  'distribution-3': 'Distribution 3',
  'distribution-2': 'Distribution 2.8',
  zot: 'zot',
}

function findProgram(folders: string, name: string): string | undefined {
  return folders
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** A program that Go built knows which version of its module it is. */
function moduleVersion(program: string): string {
  return /^\s*mod\s+\S+\s+v(\S+)/m.exec(run('go', 'version', '-m', program))?.[1] ?? 'of an unknown version'
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' })
}

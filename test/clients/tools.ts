import { accessSync, constants, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * Where `.ci/install-clients` puts the programs, and the tests the images, that are kept between runs.
 * (A variable named KONTOR_… would be a setting to the server, which knows no such one.)
 */
export function clientsCacheDirectory(): string {
  return process.env['TEST_CLIENTS_CACHE'] ?? join(homedir(), '.cache', 'kontor-clients')
}

/**
 * The absolute path of a program that a test drives.
 * Throws when it is not installed: a client that is not there has not been tested, so its tests fail, never skip.
 */
export function requireTool(name: string): string {
  const [path] = findAll(name)
  if (path === undefined) throw new Error(`${name} is not installed. ${installHint}`)
  return path
}

/**
 * Every different docker command line client of this machine (people often have Debian's and Docker's own side by
 * side, eight years of versions apart). Throws when there is none.
 */
export function requireDockerClients(): string[] {
  requireTool('docker')
  return findAll('docker')
}

/** What to do about something that `.ci/install-clients` brings and that is not there. */
export const installHint = 'Run .ci/install-clients as root: it installs everything that these tests drive.'

function findAll(name: string): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
  // /usr/sbin holds the daemons and is not on everybody's PATH.
  const directories = [join(clientsCacheDirectory(), 'bin'), ...path, '/usr/sbin']
  const found = directories.map((directory) => join(directory, name)).filter(isExecutable)
  return [...new Set(found.map((candidate) => realpathSync(candidate)))]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

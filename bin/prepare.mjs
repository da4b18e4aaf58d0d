import { readFileSync } from 'node:fs'
import { build, canBuild, isBuilt } from './dist.mjs'

/**
 * Builds what is missing or older than the sources.
 * @returns {Promise<boolean>} false, after saying why on stderr, when there is nothing to run
 */
export async function prepare() {
  if (isBuilt()) return true
  if (!canBuild()) {
    console.error('kontor: it is not built, and the compiler is not installed; run: npm ci --include=dev')
    return false
  }
  console.error('kontor: building (this happens once, and after each change of the sources)')
  try {
    // Types were checked by whoever changed the sources; waiting for it again helps nobody who starts a registry.
    if (await build({ checkTypes: false })) return true
    console.error('kontor: the sources do not compile; correct what is listed above')
  } catch (error) {
    console.error(`kontor: the sources cannot be compiled: ${error.message}`)
  }
  return false
}

/** @returns {string} as package.json has it */
export function packageVersion() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

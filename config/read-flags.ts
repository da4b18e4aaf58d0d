import type { ConfigProblem } from './config-error.ts'
import type { Setting } from './describe.ts'
import { findNearestName } from './nearest-name.ts'
import { type GivenValue, type Reading, valueOfText } from './reading.ts'

/**
 * Reads the settings on a command line: `--http.port 5001`, `--http.port=5001`, `--data-dir` or `--dataDir`.
 * A flag without a value turns a switch on.
 */
export function readFlags(flags: readonly string[], settings: readonly Setting[]): Reading {
  const settingByFlag = new Map(settings.flatMap((setting) => spellingsOf(setting).map((flag) => [flag, setting])))
  const given: GivenValue[] = []
  const problems: ConfigProblem[] = []
  const seen = new Set<Setting>()

  for (let at = 0; at < flags.length; at++) {
    const [name, inlineText] = splitFlag(flags[at] ?? '')
    const source = { kind: 'flag', name } as const
    const refuse = (message: string) => problems.push({ source, message })
    if (!name.startsWith('--')) {
      refuse('there is no such argument; settings are given as in --http.port 5000')
      continue
    }

    // Whatever does not look like a flag belongs to the one before it, even to one that does not exist.
    const next = flags[at + 1]
    const nextText = next === undefined || next.startsWith('--') ? undefined : next
    if (inlineText === undefined && nextText !== undefined) at++
    const text = inlineText ?? nextText

    const setting = settingByFlag.get(name)
    if (setting === undefined) {
      refuse(`there is no such flag; ${suggest(name, settings)}`)
    } else if (seen.has(setting)) {
      refuse('is given twice; keep one of the two')
    } else if (text === undefined && setting.kind !== 'boolean') {
      refuse(`needs a value: ${setting.expects}`)
    } else {
      given.push({ setting, value: text === undefined ? true : valueOfText(setting, text), source })
    }
    if (setting !== undefined) seen.add(setting)
  }
  return { given, problems }
}

function spellingsOf(setting: Setting): readonly string[] {
  return [setting.flag, `--${setting.key}`]
}

function splitFlag(flag: string): readonly [name: string, text: string | undefined] {
  const equals = flag.indexOf('=')
  return equals === -1 ? [flag, undefined] : [flag.slice(0, equals), flag.slice(equals + 1)]
}

function suggest(name: string, settings: readonly Setting[]): string {
  const key = findNearestName(
    name.slice('--'.length),
    settings.map((setting) => setting.key),
  )
  const nearest = settings.find((setting) => setting.key === key)
  return nearest === undefined ? 'docs/configuration.md lists them all' : `did you mean ${nearest.flag}?`
}

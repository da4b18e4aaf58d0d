import type { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import { findNearestName } from './nearest-name.ts'
import type { GivenValue } from './reading.ts'

/** Says in our words what the schema found wrong with the given values (by key), and where each of them came from. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  given: ReadonlyMap<string, GivenValue>,
): readonly ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>()
  for (const { path, message } of issues) {
    const key = path.filter((part) => typeof part === 'string').join('.')
    const item = path.find((part) => typeof part === 'number')
    const value = given.get(key)
    const problem = value === undefined ? explainMissing(key, given) : explainWrong(value, item)
    if (problem === undefined) throw new Error(`the schema refuses ${key} for a reason nobody can act on: ${message}`)
    // One wrong value can break several rules at once, but there is one thing to do about it.
    problems.set(path.join('.'), problem)
  }
  return [...problems.values()]
}

/** A value is missing only because one of its neighbours is there: an optional section was begun. */
function explainMissing(key: string, given: ReadonlyMap<string, GivenValue>): ConfigProblem | undefined {
  const section = key.slice(0, key.lastIndexOf('.') + 1)
  for (const [neighbour, { source }] of given) {
    if (neighbour.startsWith(section)) {
      return { source, message: `${neighbour} needs ${key} beside it; set both or none` }
    }
  }
  return undefined
}

function explainWrong({ setting, value, source }: GivenValue, item: number | undefined): ConfigProblem {
  const { key, kind, expects, expectsOfItem, choices, isSecret } = setting
  if (value === null) return { source, message: `${key} has no value; give it one or leave it out` }
  if (kind === 'text' && (typeof value === 'number' || typeof value === 'boolean')) {
    return { source, message: `${key} must be text; put its value in quotes` }
  }
  if (isSecret) return { source, message: `${key} must be ${expects}` }
  if (item !== undefined && Array.isArray(value)) {
    return { source, message: `every item of ${key} must be ${expectsOfItem ?? expects}, not ${show(value[item])}` }
  }
  const choice = typeof value === 'string' ? findNearestName(value, choices) : undefined
  const advice = choice === undefined ? '' : `; did you mean ${choice}?`
  return { source, message: `${key} must be ${expects}, not ${show(value)}${advice}` }
}

/** Long enough to recognize a value, short enough for a line. */
const MAX_SHOWN = 60

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a group of settings'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

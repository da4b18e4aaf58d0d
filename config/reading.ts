import type { ConfigProblem } from './config-error.ts'
import type { Setting } from './describe.ts'
import type { Source } from './source.ts'

/** A value that somebody gave a setting; not yet known to be a good one. */
export interface GivenValue {
  readonly setting: Setting
  readonly value: unknown
  readonly source: Source
}

/** What one place (a file, the environment, the flags) says. */
export interface Reading {
  readonly given: readonly GivenValue[]
  readonly problems: readonly ConfigProblem[]
}

/** Reads a whole file as text; throws what `fs.readFileSync` throws. */
export type ReadFile = (path: string) => string

/**
 * What a text says in the setting's own kind: `5000` is a number where one is expected, and commas separate the items
 * of a list. A text that does not fit is returned as it is, and refused later like any other wrong value.
 */
export function valueOfText(setting: Setting, text: string): unknown {
  switch (setting.kind) {
    case 'text':
      return text
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'list':
      return text.trim() === '' ? [] : text.split(',').map((item) => item.trim())
  }
}

import { formatSource, type Source } from './source.ts'

/** One thing that is wrong with the settings. */
export interface ConfigProblem {
  /** Where to correct it. */
  readonly source: Source
  /** What is wrong and what to do; never the value of a secret. */
  readonly message: string
}

/** The settings cannot be used. Carries everything that is wrong with them, not only the first thing. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ source, message }) => `${formatSource(source)}: ${message}`).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

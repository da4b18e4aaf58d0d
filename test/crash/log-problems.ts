import type { Kontor } from '../support/kontor.ts'

/**
 * A healthy server writes nothing of level warn or above, and nothing that is no event, but that it was built first.
 * @returns what it wrote nevertheless, in words; empty when all is well.
 */
export function findLogProblems(server: Pick<Kontor, 'output'>): string[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line !== '' && !/^\{"level":"(?:debug|info)"|^kontor: building /.test(line))
    .map((line) => `the log says: ${line}`)
}

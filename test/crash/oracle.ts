import type { Digest } from '../../oci/digest.ts'

/** What a URL path answers: the digest of the bytes it gives, or undefined for 404. */
export type Content = Digest | undefined

/** URL paths and what each will answer once a request is done. All of them change together, or none does. */
export type Effects = ReadonlyMap<string, Content>

/** A change that was asked for and not answered yet. */
export interface Change {
  /** It was acknowledged: it is a fact from now on, whatever happens to the server. */
  acknowledge(): void
}

/**
 * Knows what a registry has acknowledged, as seen from outside: which path of `/v2` answers with which bytes.
 * It does not know what happened to requests that were never answered, only that each was done whole or not at all.
 */
export interface Oracle {
  /**
   * Notes what a request is about to change; to be called before it is sent. A request that does several things one
   * after the other (an import) names each: any of them may be done when it is never answered.
   */
  begin(...effects: readonly Effects[]): Change
  /** What a path answers, as far as is known. */
  find(path: string): Content
  /** Every path that ever was in an effect. */
  paths(): readonly string[]
  /**
   * Compares with what was really observed, and takes it as known from then on: changes that were never answered are
   * settled by it. `observed` has every path that such a change is about.
   */
  settle(observed: Effects): Settlement
}

/** What became of the changes that were never answered. */
export interface Settlement {
  readonly done: number
  readonly undone: number
  /** What must not be, in words; empty when all is well. */
  readonly problems: readonly string[]
}

export function createOracle(): Oracle {
  const known = new Map<string, Content>()
  const unanswered = new Set<Effects>()

  /** True when a path answers as it did before, or as one of the unanswered changes would have it. */
  function isExplained(path: string, content: Content): boolean {
    if (content === known.get(path)) return true
    return [...unanswered].some((effects) => effects.has(path) && effects.get(path) === content)
  }

  return {
    begin(...all) {
      for (const effects of all) {
        unanswered.add(effects)
        for (const path of effects.keys()) if (!known.has(path)) known.set(path, undefined)
      }
      return {
        acknowledge() {
          for (const effects of all) {
            unanswered.delete(effects)
            for (const [path, content] of effects) known.set(path, content)
          }
        },
      }
    },
    find: (path) => known.get(path),
    paths: () => [...known.keys()],
    settle(observed) {
      const problems: string[] = []
      for (const [path, content] of observed) {
        if (isExplained(path, content)) continue
        problems.push(`${path} answers with ${content ?? '404'}; acknowledged was ${known.get(path) ?? 'nothing'}`)
      }
      let done = 0
      for (const effects of unanswered) {
        const paths = [...effects.keys()]
        const isDone = paths.every((path) => observed.get(path) === effects.get(path))
        if (isDone) done += 1
        else if (paths.some((path) => observed.get(path) !== known.get(path))) {
          problems.push(
            `a request was done by half: ${paths.map((path) => `${path} is ${observed.get(path)}`).join(', ')}`,
          )
        }
      }
      const undone = unanswered.size - done
      for (const [path, content] of observed) known.set(path, content)
      unanswered.clear()
      return { done, undone, problems }
    },
  }
}

/** Which text of the distribution-spec to hold a registry to. */
export type SpecVersion =
  /** The released 1.1: `Docker-Content-Digest` may be missing, cancelling and tag parameters are not asked for. */
  | '1.1'
  /** The main branch after 1.1.1: all of that is required. */
  | 'dev'

/** What the conformance suite is run against. */
export interface ConformanceSettings {
  /** A registry that runs already; undefined starts a Kontor for every test file. */
  readonly external: { readonly url: string; readonly username: string; readonly password: string } | undefined
  /** The first component of every repository the suite makes. */
  readonly namespace: string
  readonly spec: SpecVersion
}

/**
 * Reads the suite's settings: `CONFORMANCE_REGISTRY` (`http://host:port`), `CONFORMANCE_USERNAME` and
 * `CONFORMANCE_PASSWORD` (empty for a registry that asks for none), `CONFORMANCE_NAMESPACE` (`conformance`),
 * `CONFORMANCE_SPEC` (`dev`, or `1.1`).
 * @throws Error when `CONFORMANCE_SPEC` is neither of the two.
 */
export function readConformanceSettings(environment: NodeJS.ProcessEnv): ConformanceSettings {
  const url = environment['CONFORMANCE_REGISTRY']
  const spec = environment['CONFORMANCE_SPEC'] ?? 'dev'
  if (spec !== '1.1' && spec !== 'dev') throw new Error(`CONFORMANCE_SPEC is ${spec}; set it to 1.1 or dev`)
  return {
    external: url
      ? {
          url,
          username: environment['CONFORMANCE_USERNAME'] ?? '',
          password: environment['CONFORMANCE_PASSWORD'] ?? '',
        }
      : undefined,
    namespace: environment['CONFORMANCE_NAMESPACE'] ?? 'conformance',
    spec,
  }
}

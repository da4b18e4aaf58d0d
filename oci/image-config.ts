import { type Platform, platformIn } from './platform.ts'

/** The formats of image configurations: OCI's and docker's are the same document; of wasm's only the platform is. */
const IMAGE_CONFIG_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const WASM_CONFIG_TYPE = 'application/vnd.wasm.config.v0+json'

/** Entries of one list or record that are read. */
const MAX_ENTRIES = 1000
/** Characters of one text that are read. */
const MAX_TEXT_LENGTH = 10_000

// Go writes a time that was never set so.
const GO_ZERO_TIME = Date.parse('0001-01-01T00:00:00Z')
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

/** What one step of a build did, as its tool wrote it down. */
export interface BuildStep {
  /** The command, or whatever else the tool wrote. */
  readonly createdBy: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined
  readonly author: string | undefined
  readonly comment: string | undefined
  /** Whether it changed no files: the layers are those of the other steps, in the same order. */
  readonly isEmptyLayer: boolean
}

export interface Healthcheck {
  readonly test: readonly string[]
  readonly intervalSeconds: number | undefined
  readonly timeoutSeconds: number | undefined
  readonly startPeriodSeconds: number | undefined
  readonly retries: number | undefined
}

/** What an image configuration says (image-spec config.md), as far as people ask. */
export interface ImageConfig {
  readonly platform: Platform | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined
  readonly author: string | undefined
  readonly user: string | undefined
  readonly workingDir: string | undefined
  readonly entrypoint: readonly string[] | undefined
  readonly cmd: readonly string[] | undefined
  /** As `NAME=value`. */
  readonly env: readonly string[]
  /** As `port/protocol`. */
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
  readonly stopSignal: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly healthcheck: Healthcheck | undefined
  readonly shell: readonly string[] | undefined
  /** How it was built, in order. */
  readonly history: readonly BuildStep[]
  /** Whether there is more than was read: very many entries, or very long ones. */
  readonly isCut: boolean
}

/** Whether a config of this media type says what an image runs on. */
export function isImageConfigType(mediaType: string): boolean {
  return IMAGE_CONFIG_TYPES.has(mediaType) || mediaType === WASM_CONFIG_TYPE
}

/** Whether a config of this media type makes its manifest an image, if nothing else is said. */
export function isRunnableConfigType(mediaType: string): boolean {
  return IMAGE_CONFIG_TYPES.has(mediaType)
}

/**
 * Reads an image configuration. Configurations are stored as they come, from all kinds of tools: what is odd in one is
 * left out, and the rest read. Undefined when it is no JSON object at all.
 */
export function readImageConfig(bytes: Uint8Array): ImageConfig | undefined {
  const root = parseObject(bytes)
  if (root === undefined) return undefined
  const { text, texts, keys, record, items, isCut } = createReader()
  const config = objectIn(root['config'])
  const test = objectIn(config['Healthcheck'])
  return {
    platform: platformIn(root),
    createdAt: timeIn(root['created']),
    author: text(root['author']),
    user: text(config['User']),
    workingDir: text(config['WorkingDir']),
    entrypoint: texts(config['Entrypoint']),
    cmd: texts(config['Cmd']),
    env: texts(config['Env']) ?? [],
    exposedPorts: keys(config['ExposedPorts']),
    volumes: keys(config['Volumes']),
    stopSignal: text(config['StopSignal']),
    labels: record(config['Labels']),
    healthcheck: healthcheckOf(test, texts(test['Test'])),
    shell: texts(config['Shell']),
    history: items(root['history']).map((entry) => {
      const step = objectIn(entry)
      return {
        createdBy: text(step['created_by']),
        createdAt: timeIn(step['created']),
        author: text(step['author']),
        comment: text(step['comment']),
        isEmptyLayer: step['empty_layer'] === true,
      }
    }),
    isCut: isCut(),
  }
}

type JsonObject = { readonly [key: string]: unknown }

function parseObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads values of any kind up to a limit, and remembers whether one went beyond. */
function createReader() {
  let isCut = false

  function limit<T extends string | readonly unknown[]>(value: T, length: number): T {
    if (value.length <= length) return value
    isCut = true
    return value.slice(0, length) as T
  }

  /** An empty text says nothing: Go writes it for what was not set. */
  function text(value: unknown): string | undefined {
    return typeof value === 'string' && value !== '' ? limit(value, MAX_TEXT_LENGTH) : undefined
  }

  function items(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? limit(value, MAX_ENTRIES) : []
  }

  function entries(value: unknown): readonly (readonly [string, unknown])[] {
    const all = limit(Object.entries(objectIn(value)), MAX_ENTRIES)
    return all.map(([key, entry]) => [limit(key, MAX_TEXT_LENGTH), entry])
  }

  return {
    text,
    items,
    isCut: () => isCut,
    /** Undefined for what is not a list; one text alone, as some tools write it, is a list of one. */
    texts(value: unknown): readonly string[] | undefined {
      if (typeof value === 'string') return [limit(value, MAX_TEXT_LENGTH)]
      if (!Array.isArray(value)) return undefined
      return items(value)
        .filter((entry) => typeof entry === 'string')
        .map((entry) => limit(entry, MAX_TEXT_LENGTH))
    },
    /** Go writes a set as an object with empty values. */
    keys: (value: unknown) => entries(value).map(([key]) => key),
    record(value: unknown): Readonly<Record<string, string>> {
      const texts = entries(value).flatMap(([key, entry]) =>
        typeof entry === 'string' ? [[key, limit(entry, MAX_TEXT_LENGTH)] as const] : [],
      )
      return Object.fromEntries(texts)
    },
  }
}

function healthcheckOf(test: JsonObject, command: readonly string[] | undefined): Healthcheck | undefined {
  if (command === undefined || command.length === 0) return undefined
  const { Interval, Timeout, StartPeriod, Retries } = test
  return {
    test: command,
    intervalSeconds: secondsIn(Interval),
    timeoutSeconds: secondsIn(Timeout),
    startPeriodSeconds: secondsIn(StartPeriod),
    retries: positiveIn(Retries),
  }
}

/** Go writes durations in nanoseconds, and 0 for "as usual". */
function secondsIn(value: unknown): number | undefined {
  const nanoseconds = positiveIn(value)
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9
}

function positiveIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}

function timeIn(value: unknown): number | undefined {
  if (typeof value !== 'string' || !RFC_3339.test(value)) return undefined
  const milliseconds = Date.parse(value)
  return Number.isNaN(milliseconds) || milliseconds === GO_ZERO_TIME ? undefined : milliseconds
}

function objectIn(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

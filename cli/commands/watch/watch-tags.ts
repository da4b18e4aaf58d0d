import { setTimeout } from 'node:timers/promises'
import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath, tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import type { Column } from '../../output/column.ts'
import { harmless } from '../../output/display-width.ts'
import { printOne } from '../../output/print-list.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { formatImageReference, type ImageReference, parseImageReference } from '../../references/image-reference.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import { inRepository } from '../repo/find-repository.ts'
import type { Cli } from '../run.ts'
import type { Lifetime } from '../tag/lifetime.ts'
import type { Tag } from '../tag/tag-columns.ts'
import { compareTags, type KnownTag, type TagSighting } from './tag-changes.ts'

/** One thing that happened to a tag. */
interface TagEvent {
  readonly event: 'new' | 'moved' | 'deleted'
  /** In RFC 3339. */
  readonly at: string
  readonly repository: string
  readonly tag: string
  /** What it points to now; what it pointed to, of a tag that is deleted. */
  readonly digest: string
  /** What it pointed to before; null for a new one. */
  readonly previous: string | null
  readonly by: string | null
}

const COLUMNS: readonly Column<TagEvent>[] = [
  { heading: 'AT', key: 'at', value: ({ at }) => at },
  { heading: 'EVENT', key: 'event', value: ({ event }) => event },
  { heading: 'TAG', key: 'tag', value: nameOf },
  { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest },
  { heading: 'BY', key: 'by', value: ({ by }) => by },
]

interface WatchOptions {
  readonly server?: string
  readonly format?: string
  readonly quiet?: boolean
  /** Seconds. */
  readonly interval: number
}

/** `kontor watch <repository[:tag]>`: until ^C, or until the repository is gone. */
export async function watchTags(cli: Cli, name: string, options: WatchOptions): Promise<void> {
  const { terminal, signal } = cli
  const print = choosePrinter(terminal, options)
  const reference = parseImageReference(name)
  const api = await cli.api({ server: options.server, host: reference.host })
  const known = new Map<string, KnownTag>()
  const first = await inRepository(api, reference, () => look(api, reference, known))
  for (const tag of first.tags) known.set(tag.name, tag)
  if (terminal.isProgressShown) terminal.note(`watching ${formatImageReference(reference)}; ^C ends it`)

  let isLost = false
  while (!(await isInterrupted(options.interval, signal))) {
    try {
      for (const event of await inRepository(api, reference, () => readEvents(api, reference, known))) print(event)
      if (isLost) terminal.note(`${api.url.host} is back`)
      isLost = false
    } catch (error) {
      if (signal.aborted) break
      if (!mayPass(error)) throw error
      if (!isLost) terminal.note(`${harmless(error.message)}; trying again every ${options.interval} s`)
      isLost = true
    }
  }
  // To stop it is the way to end it: nothing went wrong, and there is nothing to say.
  process.exitCode = EXIT.interrupted
}

/** True once it is interrupted, false after the wait. @param seconds how long to wait. */
async function isInterrupted(seconds: number, signal: AbortSignal): Promise<boolean> {
  return setTimeout(seconds * 1000, false, { signal }).catch(() => true)
}

/** Whether asking again may help. */
function mayPass(error: unknown): error is CliError {
  return error instanceof CliError && (error.exitCode === EXIT.network || error.exitCode === EXIT.rateLimited)
}

/** Enough to notice most deletions; what is pushed is noticed however much it is. */
const WINDOW = 100

async function look(
  api: ApiClient,
  reference: ImageReference,
  known: ReadonlyMap<string, KnownTag>,
): Promise<TagSighting> {
  if (reference.tag !== undefined) return { tags: await lookAtOne(api, reference), isWhole: true }
  const newest = [...known.values()].reduce((latest, { pushedAt }) => (pushedAt > latest ? pushedAt : latest), '')
  const tags: Tag[] = []
  for await (const tag of api.list<Tag>(`${repositoryPath(reference)}/tags`, { order: 'pushed' })) {
    if (tags.length >= WINDOW && (known.size === 0 || tag.pushedAt < newest)) return { tags, isWhole: false }
    tags.push(tag)
  }
  return { tags, isWhole: true }
}

async function lookAtOne(api: ApiClient, reference: ImageReference): Promise<readonly Tag[]> {
  try {
    return [await api.get<Tag>(tagPath(reference))]
  } catch (error) {
    // Not there yet, or not any more; without its repository there is nothing to wait for.
    if (error instanceof CliError && error.code === 'TAG_UNKNOWN') return []
    throw error
  }
}

/** What has happened since the last look, the oldest first; it is known from now on. */
async function readEvents(
  api: ApiClient,
  reference: ImageReference,
  known: Map<string, KnownTag>,
): Promise<readonly TagEvent[]> {
  const { repository } = reference
  const { pointed, missing } = compareTags(known, await look(api, reference, known))
  const events: TagEvent[] = pointed.map(({ tag, previous }) => ({
    event: previous === undefined ? 'new' : 'moved',
    at: tag.pushedAt,
    repository,
    tag: tag.name,
    digest: tag.digest,
    previous: previous?.digest ?? null,
    by: tag.pushedBy,
  }))
  const gone = []
  for (const { name, digest } of missing) {
    const end = await readEnd(api, { ...reference, tag: name })
    if (end === undefined) continue
    gone.push(name)
    const by = end.endedBy
    events.push({ event: 'deleted', at: end.endedAt, repository, tag: name, digest: end.digest, previous: digest, by })
  }
  // Only now: had anything of it failed, the next look would see all of it again.
  for (const { tag } of pointed) known.set(tag.name, tag)
  for (const name of gone) known.delete(name)
  return events.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
}

/** How a tag ended, by its history; undefined while it is there. */
async function readEnd(
  api: ApiClient,
  reference: ImageReference,
): Promise<(Lifetime & { endedAt: string }) | undefined> {
  const path = `${tagPath(reference)}/history`
  const { items } = await api.get<{ readonly items: readonly Lifetime[] }>(path, { limit: 1 })
  const [last] = items
  return last === undefined || last.endedAt === null ? undefined : { ...last, endedAt: last.endedAt }
}

function nameOf({ repository, tag }: TagEvent): string {
  return `${repository}:${tag}`
}

/** @throws CliError for a format that needs to know the end. */
function choosePrinter(terminal: Terminal, { format, quiet }: WatchOptions): (event: TagEvent) => void {
  if (quiet) return (event) => terminal.print(nameOf(event))
  if (format === 'json' || format === 'csv') {
    throw new CliError(`what has no end is not printed as ${format}`, {
      exitCode: EXIT.usage,
      hint: "use jsonl, or a template such as '{{.Event}} {{.Tag}}'",
    })
  }
  const isForPeople = format === 'table' || (format === undefined && terminal.isOutputShown)
  if (!isForPeople) return (event) => printOne(terminal, event, COLUMNS, format === undefined ? {} : { format })
  return (event) => terminal.print(describe(event, terminal))
}

const STYLES = { new: 'good', moved: 'warning', deleted: 'bad' } as const
const LONGEST_WORD = 'deleted'.length

function describe(event: TagEvent, terminal: Terminal): string {
  const { at, previous, by, digest } = event
  const time = terminal.paint('faint', new Date(at).toTimeString().slice(0, 8))
  const word = terminal.paint(STYLES[event.event], event.event.padEnd(LONGEST_WORD))
  const before = event.event === 'moved' && previous !== null ? ` (was ${shortDigest(previous)})` : ''
  const author = by === null ? '' : ` by ${harmless(by)}`
  return `${time}  ${word}  ${nameOf(event)}  ${shortDigest(digest)}${before}${author}`
}

import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { size } from '../../output/size.ts'
import { formatImageReference, type ImageReference, parseImageReference } from '../../references/image-reference.ts'
import { openRepositories } from '../../registry/open-repository.ts'
import { imageHostOf } from '../../servers/docker-hub.ts'
import { openProgress, type ProgressMode } from '../../terminal/progress.ts'
import { type Content, collectContent, readPlatformOption } from '../../transfer/collect-content.ts'
import { type Copied, copyContent, findMissing, type Missing } from '../../transfer/copy-content.ts'
import { openUploadSessions } from '../../transfer/upload-sessions.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { noteWarnings } from './note-warnings.ts'
import { resumable } from './resumable.ts'

interface CopyOptions extends ChangeOptions {
  readonly server?: string
  readonly platform?: string
  readonly referrers: boolean
  readonly progress: ProgressMode
}

/** `kontor cp <from> <to>`. */
export async function copyImage(cli: Cli, fromText: string, toText: string, options: CopyOptions): Promise<void> {
  const { terminal, env, signal } = cli
  const platform = readPlatformOption(options.platform)
  const source = parseImageReference(fromText)
  const target = withTagOf(parseImageReference(toText), source)
  const [from, to] = await openRepositories(env, [source, target], { server: options.server, signal })
  if (from === undefined || to === undefined) throw new Error('each reference leads to a repository')
  const named = formatImageReference({ ...source, host: imageHostOf(from.url.host) })
  const wanted = formatImageReference({ ...target, host: imageHostOf(to.url.host) })

  const progress = openProgress(terminal, options.dryRun ? 'none' : options.progress, `copying ${named} to ${wanted}`)
  const again = ['kontor', 'cp', ...flagsOf(options), fromText, toText]
  await resumable(cli, progress, again, async () => {
    const root = await from.resolve(source)
    const content = await collectContent(from, root, { platform, withReferrers: options.referrers })
    for (const { digest } of content.missing)
      terminal.note(`note: ${named} names ${digest}, which is not there; it is left out`)
    if (target.digest !== undefined && target.digest !== content.root.digest) throw otherDigest(toText, content)
    const missing = await findMissing(content, to)
    const result = formatImageReference({ ...target, host: imageHostOf(to.url.host), digest: content.root.digest })
    if (options.dryRun) {
      progress.abandon()
      terminal.note(`would copy ${describe(missing)} to ${result}`)
      return
    }
    const sessions = await openUploadSessions(env, to)
    try {
      const tags = new Map(target.tag === undefined ? [] : [[target.tag, content.root] as const])
      const copied = await copyContent(content, missing, { from, to, tags, sessions, progress })
      progress.finish(summary(copied, missing))
      noteWarnings(terminal, copied.warnings)
    } finally {
      await sessions.close()
    }
    terminal.print(result)
  })
}

/** A destination without a tag gets that of the source, as in `kontor cp acme/web:1.2 other/web`. */
function withTagOf(target: ImageReference, source: ImageReference): ImageReference {
  if (target.tag !== undefined || target.digest !== undefined) return target
  return { ...target, tag: source.tag ?? (source.digest === undefined ? 'latest' : undefined) }
}

function otherDigest(toText: string, { root }: Content): CliError {
  return new CliError(`${toText} names a digest, but what is copied is ${root.digest}`, {
    exitCode: EXIT.usage,
    hint: 'leave the digest out, or correct it',
  })
}

function describe({ blobs, newManifests }: Missing): string {
  const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0)
  return `${counted(newManifests, 'manifest')} and ${counted(blobs.length, 'blob')} (${size(bytes)})`
}

function summary({ sentBlobs, sentBytes, mountedBlobs }: Copied, { newManifests }: Missing): string {
  if (newManifests === 0) return 'everything was there already; done'
  const mounted = mountedBlobs === 0 ? '' : `, ${counted(mountedBlobs, 'blob')} mounted`
  return `copied ${counted(newManifests, 'manifest')}, ${counted(sentBlobs, 'blob')} (${size(sentBytes)})${mounted}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function flagsOf({ server, platform, referrers }: CopyOptions): readonly string[] {
  return [
    ...(server === undefined ? [] : ['-s', server]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...(referrers ? [] : ['--no-referrers']),
  ]
}

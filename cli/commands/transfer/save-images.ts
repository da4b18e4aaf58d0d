import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { size } from '../../output/size.ts'
import { formatImageReference, parseImageReference } from '../../references/image-reference.ts'
import { openRepositories, type RemoteRepository } from '../../registry/open-repository.ts'
import { imageHostOf } from '../../servers/docker-hub.ts'
import { openProgress, type ProgressMode } from '../../terminal/progress.ts'
import { collectContent, readPlatformOption } from '../../transfer/collect-content.ts'
import { type LayoutImage, layoutFiles } from '../../transfer/image-layout.ts'
import { saveFile } from '../../transfer/save-file.ts'
import { saveStream } from '../../transfer/save-stream.ts'
import type { Cli } from '../run.ts'
import { resumable } from './resumable.ts'

interface SaveOptions {
  readonly output: string
  readonly server?: string
  readonly platform?: string
  readonly referrers?: boolean
  readonly progress: ProgressMode
}

/** `kontor save <image…> -o <file>`. */
export async function saveImages(cli: Cli, names: readonly string[], options: SaveOptions): Promise<void> {
  const { terminal, env, signal } = cli
  const { output, server } = options
  if (output === '-' && terminal.isOutputShown) {
    throw new CliError('an archive is nothing to look at', {
      exitCode: EXIT.usage,
      hint: 'name a file with -o, or send it into a pipe',
    })
  }
  const platform = readPlatformOption(options.platform)
  const references = names.map(parseImageReference)
  const repositories = await openRepositories(env, references, { server, signal })
  const progress = openProgress(terminal, options.progress, `saving ${names.join(', ')}`)

  await resumable(cli, progress, ['kontor', 'save', ...flagsOf(options), ...names], async () => {
    const images: LayoutImage[] = []
    for (const [index, reference] of references.entries()) {
      const repository = repositories[index]
      if (repository === undefined) continue
      const root = await repository.resolve(reference)
      const content = await collectContent(repository, root, { platform, withReferrers: options.referrers === true })
      const [lost] = content.missing
      if (lost !== undefined)
        terminal.note(`note: ${names[index]} names ${lost.digest}, which is not there; it is left out`)
      const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined)
      images.push({ repository, content, pullName: pullNameOf(repository), tag })
    }
    const { files, isForDocker } = layoutFiles(images)
    if (output === '-') {
      const bytes = await saveStream(terminal.stdout, files, progress, signal)
      progress.finish(`saved ${size(bytes)}`)
    } else {
      const { sizeBytes, keptBytes } = await saveFile(output, files, progress)
      const kept = keptBytes === 0 ? '' : `, of which ${size(keptBytes)} were there already,`
      progress.finish(`saved ${size(sizeBytes)}${kept}`)
      terminal.print(output)
    }
    if (!isForDocker && options.progress !== 'none') {
      terminal.note('docker load before version 25 takes images for one platform only; --platform chooses one')
    }
  })
}

function pullNameOf({ url, name }: RemoteRepository): string {
  return formatImageReference({ host: imageHostOf(url.host), repository: name, tag: undefined, digest: undefined })
}

function flagsOf({ output, server, platform, referrers }: SaveOptions): readonly string[] {
  return [
    ...(server === undefined ? [] : ['-s', server]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...(referrers ? ['--referrers'] : []),
    '-o',
    output,
  ]
}

import { type Command, Option } from 'commander'
import { withPlatform } from './image.ts'
import { run } from './run.ts'
import { withChange, withServer } from './shared-options.ts'

/** `kontor cp`, `save` and `load`: images from one place to another. */
export function addTransferCommands(program: Command): void {
  const cp = program
    .command('cp')
    .alias('copy')
    .argument('<from>', 'as in acme/web:1.2')
    .argument('<to>', 'as in registry.example.com/acme/web')
  withProgress(withChange(withPlatform(withServer(cp))))
    .description('copy an image, with all platforms and all that refers to it, between any two registries')
    .option('--no-referrers', 'without signatures, SBOMs and attestations')
    .action((from, to, options) =>
      run(async (cli) => {
        const { copyImage } = await import('./transfer/copy-image.ts')
        await copyImage(cli, from, to, options)
      }),
    )

  withProgress(withPlatform(withServer(program.command('save').argument('<image...>', 'as in acme/web:1.2'))))
    .description('write images into a file: an OCI image layout, which docker load takes, too')
    .requiredOption('-o, --output <file>', 'where to; - is the standard output')
    .option('--referrers', 'with signatures, SBOMs and attestations')
    .action((images, options) =>
      run(async (cli) => {
        const { saveImages } = await import('./transfer/save-images.ts')
        await saveImages(cli, images, options)
      }),
    )

  const load = program
    .command('load')
    .argument('<file>', 'an archive of docker save, podman save, kontor save or skopeo; - is the standard input')
    .argument('[repository]', 'as in acme/web or acme/web:1.2 (default: what the archive says)')
  withProgress(withChange(withServer(load)))
    .description('push the images of an archive to any registry')
    .action((file, repository, options) =>
      run(async (cli) => {
        const { loadArchive } = await import('./transfer/load-archive.ts')
        await loadArchive(cli, file, repository, options)
      }),
    )
}

function withProgress<C extends Command>(command: C): C {
  const modes = ['auto', 'plain', 'none']
  command.addOption(
    new Option('--progress <how>', 'bars on a terminal, lines, or nothing').choices(modes).default('auto'),
  )
  return command
}

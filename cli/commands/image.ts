import type { Command } from 'commander'
import { run } from './run.ts'
import { withFormat, withList, withServer } from './shared-options.ts'

/** `kontor image`: what an image is and what it is made of, wherever it lies. */
export function addImageCommands(program: Command): void {
  const image = program.command('image').description('look into images, of this or any other registry')

  withFormat(withPlatform(withServer(image.command('inspect').alias('view').argument('<image>', 'as in acme/web:1.2'))))
    .description('say what an image is: platforms, size, what it runs, environment, ports, labels')
    .option('--raw', 'print the manifest, byte for byte')
    .action((name, options) =>
      run(async (cli) => {
        const { inspectImage } = await import('./image/inspect-image.ts')
        await inspectImage(cli, name, options)
      }),
    )

  withList(withPlatform(withServer(image.command('layers').argument('<image>'))))
    .description('list the layers of an image, each with the build step that made it')
    .action((name, options) =>
      run(async (cli) => {
        const { listLayers } = await import('./image/list-layers.ts')
        await listLayers(cli, name, options)
      }),
    )

  withList(withPlatform(withServer(image.command('refs').alias('referrers').argument('<image>'))))
    .description('list what refers to an image: signatures, SBOMs, attestations, and what refers to those')
    .action((name, options) =>
      run(async (cli) => {
        const { listReferrers } = await import('./image/list-referrers.ts')
        await listReferrers(cli, name, options)
      }),
    )

  withList(withServer(image.command('size').argument('<image>')))
    .description('say how many bytes an image has for each platform, and how many it shares with others')
    .action((name, options) =>
      run(async (cli) => {
        const { listSizes } = await import('./image/list-sizes.ts')
        await listSizes(cli, name, options)
      }),
    )

  withList(withPlatform(withServer(image.command('diff').argument('<image>').argument('<other>'))))
    .description('compare two images: configuration, layers and size')
    .option('--exit-code', 'end with 1 when they differ')
    .action((name, other, options) =>
      run(async (cli) => {
        const { diffImages } = await import('./image/diff-images.ts')
        await diffImages(cli, name, other, options)
      }),
    )
}

/** @returns the command with `--platform`. */
export function withPlatform<C extends Command>(command: C): C {
  command.option('--platform <os/arch>', 'one of the images of an index, as in linux/arm64')
  return command
}

import type { Command } from 'commander'
import { run } from './run.ts'
import { collect, withChange, withFormat, withList, withServer } from './shared-options.ts'

/** `kontor robot`: build servers and clusters, which belong to an organization and not to a person. */
export function addRobotCommands(program: Command): void {
  const robot = program.command('robot').description('robots of an organization, and their secrets')

  withList(withServer(robot.command('ls').alias('list').argument('<organization>')))
    .description('list the robots of an organization')
    .action((organization, options) =>
      run(async (cli) => {
        const { listRobots } = await import('./robot/list-robots.ts')
        await listRobots(cli, organization, options)
      }),
    )

  withFormat(withServer(withRobot(robot.command('view'))))
    .description('show a robot, what it may do, and when its secrets were used last')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { viewRobot } = await import('./robot/view-robot.ts')
        await viewRobot(cli, organization, name, options)
      }),
    )

  withChange(withServer(withRobot(robot.command('create'))))
    .description('create a robot, and print its secret')
    .option('--scope <pattern:permission>', "what it may do, as in 'web-*:push'; may be repeated", collect)
    .option('--expires <time>', 'as in 90d or 2030-01-31 (default: never)')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { createRobot } = await import('./robot/create-robot.ts')
        await createRobot(cli, organization, name, options)
      }),
    )

  withChange(withServer(withRobot(robot.command('rotate'))), 'asks')
    .description('print a second secret, which works beside the first until --finish')
    .option('--finish', 'delete the older secret, now that the newer is in use')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { rotateSecret } = await import('./robot/rotate-secret.ts')
        await rotateSecret(cli, organization, name, options)
      }),
    )

  withChange(withServer(withRobot(robot.command('edit'))))
    .description('change until when a robot works')
    .option('--expires <time>', 'as in 90d, 2030-01-31 or never')
    .action((organization, name, options) =>
      run(async (cli) => {
        const { editRobot } = await import('./robot/edit-robot.ts')
        await editRobot(cli, organization, name, options)
      }),
    )

  withChange(withServer(withRobots(robot.command('disable'))))
    .description('refuse robots until they are enabled again; what they have open ends')
    .action((organization, names, options) =>
      run(async (cli) => {
        const { switchRobots } = await import('./robot/edit-robot.ts')
        await switchRobots(cli, organization, names, true, options)
      }),
    )

  withChange(withServer(withRobots(robot.command('enable'))))
    .description('let robots work again')
    .action((organization, names, options) =>
      run(async (cli) => {
        const { switchRobots } = await import('./robot/edit-robot.ts')
        await switchRobots(cli, organization, names, false, options)
      }),
    )

  withChange(withServer(withRobots(robot.command('rm').alias('delete'))), 'asks')
    .description('delete robots with their grants and secrets')
    .action((organization, names, options) =>
      run(async (cli) => {
        const { removeRobots } = await import('./robot/remove-robots.ts')
        await removeRobots(cli, organization, names, options)
      }),
    )
}

function withRobot<C extends Command>(command: C): C {
  command.argument('<organization>').argument('<robot>', 'as in ci or acme+ci')
  return command
}

function withRobots<C extends Command>(command: C): C {
  command.argument('<organization>').argument('<robot...>', 'as in ci or acme+ci')
  return command
}

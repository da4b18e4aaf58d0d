import { packageVersion, prepare } from './prepare.mjs'

if (await prepare()) {
  const [{ main }, { addOperatorCommands }] = await Promise.all([
    import('../dist/cli/main.js'),
    import('../dist/server/operator/operator-commands.js'),
  ])
  await main(process.argv, packageVersion(), addOperatorCommands)
} else {
  process.exitCode = 1
}

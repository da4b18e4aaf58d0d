import { packageVersion, prepare } from './prepare.mjs'

if (await prepare()) {
  const { runCredentialHelper } = await import('../dist/cli/credentials/helper-program.js')
  process.exitCode = await runCredentialHelper(process, packageVersion())
} else {
  process.exitCode = 1
}

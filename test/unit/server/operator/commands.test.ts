import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PROGRAM = new URL('../../../../bin/kontor.cjs', import.meta.url).pathname
const PACKAGE = new URL('../../../../package.json', import.meta.url)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-commands-'))
  await writeFile(join(folder, 'good.yaml'), 'http:\n  port: 5001\nadmin:\n  password: hunter2\n')
  await writeFile(join(folder, 'bad.yaml'), 'http:\n  prot: 5001\n')
  // The first start after a change of the sources builds, and says so.
  await run(['--version'])
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

interface Outcome {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Runs `kontor` as a process, in a folder and an environment of its own. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode, stdout, stderr })
    })
  })
}

describe('kontor', () => {
  test('config check says "ok" and where the settings come from', async () => {
    const env = { KONTOR_CONFIG: 'good.yaml', KONTOR_LOG__LEVEL: 'warn' }
    expect(await run(['config', 'check', '--data-dir', '/data'], env)).toEqual({
      exitCode: 0,
      stdout: `ok
  dataDir         --data-dir
  http.port       good.yaml:2:9
  admin.password  good.yaml:4:13
  log.level       KONTOR_LOG__LEVEL
  all others have their defaults
`,
      stderr: `warning: good.yaml:4:13: the password is read at the first start only, and then just lies there; \
give it as KONTOR_ADMIN__PASSWORD_FILE instead, or use kontor init
`,
    })
  })

  test('config check says what is wrong on stderr, and exits with 1', async () => {
    expect(await run(['config', 'check', '--config', 'bad.yaml'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `kontor: the settings cannot be used
  bad.yaml:2:3: there is no setting "http.prot"; did you mean "http.port"?
`,
    })
  })

  test('config print shows the settings, but no secret', async () => {
    const { exitCode, stdout } = await run(['config', 'print', '--config=good.yaml'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('  port: 5001 # good.yaml:2:9\n')
    expect(stdout).toContain('  # password: ******** # good.yaml:4:13\n')
    expect(stdout).not.toContain('hunter2')
  })

  test('serve does not start with settings that cannot be used', async () => {
    const { exitCode, stderr } = await run(['serve'], { KONTOR_HTTP__PORT: 'http' })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('KONTOR_HTTP__PORT: http.port must be a whole number from 0 to 65535, not "http"')
  })

  test('serve says in one line why it cannot start, and exits with 1', async () => {
    const { exitCode, stderr } = await run(['serve', '--data-dir', '/dev/null/data', '--http.port=0'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^kontor: .+\n$/)
  })

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'))
    expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each([
    { args: ['serv'], stderr: /unknown command 'serv'; did you mean serve\?\n/ },
    { args: ['config', 'chek'], stderr: /unknown command 'chek'; did you mean check\?\n/ },
    { args: ['--versoin'], stderr: /unknown option '--versoin'; did you mean --version\?\n/ },
    { args: [], stderr: /^Usage: kontor/ },
    { args: ['serve', '--http.prot=80'], stderr: /--http\.prot: there is no such flag; did you mean --http\.port\?/ },
  ])('a command line like $args is refused with 2 and a suggestion', async ({ args, stderr }) => {
    const outcome = await run(args)
    expect(outcome.exitCode).toBe(2)
    expect(outcome.stderr).toMatch(stderr)
  })
})

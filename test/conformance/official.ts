import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startKontor } from '../support/kontor.ts'
import { type OfficialRun, type OfficialTarget, runOfficialTool } from './run-official-tool.ts'

/*
 * Runs the conformance tool of the distribution-spec (a program of its own, in Go) against Kontor. The suite beside
 * this file asks for the same things, and more; this is the judge that is not ours.
 */
const binary = process.env['OCI_CONFORMANCE_BIN'] ?? ''
if (binary === '') {
  throw new Error(
    'OCI_CONFORMANCE_BIN is not set: get the conformance tool of the OCI distribution-spec ' +
      'and set the variable to the path of its binary',
  )
}

/** Kontor refuses an image without its layers (as the specification allows), so these must fail, and nothing else. */
const REFUSED_SPARSE_IMAGE = [
  'head/manifest-head-by-digest',
  'head/manifest-head-by-tag',
  'pull/manifest-by-digest',
  'pull/manifest-by-tag',
  'push/manifest-by-digest',
  'push/manifest-by-tag',
  'tag-list',
].map((name) => `OCI Conformance Test/sparse/${name}`)

/** Version 1.1 does not ask whether an upload can be cancelled, once for each algorithm. */
const DISABLED = { '1.1': 2, dev: 0 }

const RUNS: readonly OfficialRun[] = (['1.1', 'dev'] as const).flatMap((spec) =>
  [true, false].flatMap((keepsTokens) => [false, true].map((sparse) => ({ spec, keepsTokens, sparse }))),
)

describe('The conformance tool of the distribution-spec', () => {
  test.for(RUNS)('passes: version $spec, keeps tokens: $keepsTokens, sparse manifests: $sparse', async (run) => {
    const kontor = await startKontor()
    onTestFinished(() => kontor.stop())
    const name = `${run.spec}-${run.keepsTokens ? 'kept' : 'fresh'}-tokens${run.sparse ? '-sparse' : ''}`
    await expectToPass(run, { ...kontor, namespace: 'conformance', resultsDir: resultsDirOf(name) })
  })

  test('passes for a user without any role, in the namespace of that user', async () => {
    const kontor = await startKontor()
    onTestFinished(() => kontor.stop())
    const user = { username: 'alice', password: 'a password of sufficient length' }
    const created = await fetch(new URL('/api/v1/users', kontor.url), {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(user),
    })
    expect(created.status, await created.text()).toBe(201)
    const target = { host: kontor.host, ...user, namespace: user.username, resultsDir: resultsDirOf('user') }
    await expectToPass({ spec: 'dev', keepsTokens: true, sparse: false }, target)
  })
})

async function expectToPass(run: OfficialRun, target: OfficialTarget): Promise<void> {
  const { cases, failures, errors, skipped, disabled } = await runOfficialTool(binary, run, target)
  const unsuccessful = cases.filter(({ status }) => status === 'failure' || status === 'error')
  const expected = run.sparse ? REFUSED_SPARSE_IMAGE : []
  const unexpected = unsuccessful.filter(({ name }) => !expected.includes(name))
  expect(unexpected.map(({ name, output }) => `${name}\n${output}`)).toEqual([])
  expect(unsuccessful.map(({ name }) => name).sort()).toEqual(expected)
  for (const { name, output } of unsuccessful.filter((refused) => refused.name.includes('/push/'))) {
    expect(output, name).toContain('MANIFEST_BLOB_UNKNOWN')
  }
  // A skipped case is one the tool has found Kontor unable to do.
  expect({ failures, errors, skipped, disabled }).toEqual({
    failures: expected.length,
    errors: 0,
    skipped: 0,
    disabled: DISABLED[run.spec],
  })
}

function resultsDirOf(run: string): string {
  return path.resolve('results', 'conformance', 'official', run)
}

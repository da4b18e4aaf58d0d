// Adds up what .ci/run did: node .ci/count-results.mjs DIRECTORY, where steps.tsv lists its steps and each suite of
// tests has left a report of vitest's JSON reporter. The last line is "N passed, N failed".
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = process.argv[2] ?? 'results'
const total = { passed: 0, failed: 0 }

for (const line of readFileSync(join(directory, 'steps.tsv'), 'utf8').trim().split('\n')) {
  const [kind, name, exitCode] = line.split('\t')
  const succeeded = exitCode === '0'
  const counted =
    kind === 'tests' ? countTests(name, succeeded) : { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 }
  total.passed += counted.passed
  total.failed += counted.failed
  say(`${name}: ${counted.passed} passed, ${counted.failed} failed`)
}
say(`${total.passed} passed, ${total.failed} failed`)
if (total.failed > 0) process.exitCode = 1

/** What a suite's report says. A suite never passes by not having run, nor a test by having been skipped. */
function countTests(name, succeeded) {
  const counted = { passed: 0, failed: 0 }
  // Said here, too: of a long log often only the end is kept.
  const fail = (what, why) => {
    counted.failed++
    say(`${name}: FAILED ${what}\n${why}`)
  }
  for (const file of readReport(name)) {
    const failedBefore = counted.failed
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counted.passed++
      else fail(`${file.name} > ${test.fullName} (${test.status})`, test.failureMessages.join('\n').slice(0, 1000))
    }
    // A file that cannot be loaded has no tests to fail.
    if (file.status !== 'passed' && counted.failed === failedBefore)
      fail(file.name, String(file.message).slice(0, 1000))
  }
  const ranNothing = counted.passed + counted.failed === 0
  if (ranNothing) say(`${name}: no test ran`)
  if (ranNothing || (!succeeded && counted.failed === 0)) counted.failed++
  return counted
}

/** The test files of a suite's report; none when the suite ended before it wrote one. */
function readReport(name) {
  try {
    return JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')).testResults
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return []
  }
}

function say(text) {
  process.stdout.write(`${text}\n`)
}

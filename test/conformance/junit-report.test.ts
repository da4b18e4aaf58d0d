import { describe, expect, test } from 'vitest'
import { parseJunitReport } from './junit-report.ts'

const REPORT = `<testsuites time="3.3" tests="3" failures="1" disabled="2">
  <testsuite name="OCI Conformance Test" tests="3" failures="1" errors="0" disabled="2" time="3.3">
    <properties><property name="Config" value="version: dev&#xA;"></property></properties>
    <testcase name="OCI Conformance Test/ping" classname="" time="0.001" status="passed">
      <system-err>GET /v2/</system-err>
    </testcase>
    <testcase name="OCI Conformance Test/tag list" classname="" time="0.001" status="failure">
      <system-out>expected &#34;a&#34; &amp;&amp; &lt;b&gt;</system-out>
    </testcase>
  </testsuite>
</testsuites>`

describe('Reading the official tool’s report', () => {
  test('takes the outcome of a case from its attribute', () => {
    expect(parseJunitReport(REPORT).cases).toEqual([
      { name: 'OCI Conformance Test/ping', status: 'passed', output: 'GET /v2/' },
      { name: 'OCI Conformance Test/tag list', status: 'failure', output: 'expected "a" && <b>' },
    ])
  })

  test('takes the counts from the suite, where a count that is zero may be missing', () => {
    expect(parseJunitReport(REPORT)).toMatchObject({ failures: 1, errors: 0, skipped: 0, disabled: 2 })
  })

  test('refuses a report without cases, for nothing was tested', () => {
    expect(() => parseJunitReport('<testsuite name="x" tests="0"></testsuite>')).toThrow('no test case')
    expect(() => parseJunitReport('')).toThrow('no test suite')
  })
})

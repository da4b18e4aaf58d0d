/** One case of the official tool's report. */
export interface ReportedCase {
  readonly name: string
  readonly status: 'passed' | 'skipped' | 'failure' | 'error'
  /** What was wrong, and every request and response. */
  readonly output: string
}

/** What the official tool reports of a run. */
export interface JunitReport {
  readonly cases: readonly ReportedCase[]
  /** Counts over all cases and the groups around them: a group can fail by itself. */
  readonly failures: number
  readonly errors: number
  readonly skipped: number
  readonly disabled: number
}

/**
 * Reads the official tool's `junit.xml`. It has no `<failure>` elements: the outcome is an attribute of each case.
 * Not a parser for XML in general; that tool always writes the same few elements.
 * @throws Error when there is no suite or no case in it, which is how a run that went nowhere looks.
 */
export function parseJunitReport(xml: string): JunitReport {
  const suite = /<testsuite ([^>]*)>/.exec(xml)?.[1]
  if (suite === undefined) throw new Error('junit.xml has no test suite; see the output of the tool')
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const cases: ReportedCase[] = []
  for (const [, attributes = '', content = ''] of xml.matchAll(/<testcase ([^>]*)>(.*?)<\/testcase>/gs)) {
    const name = unescapeXml(/^name="([^"]*)"/.exec(attributes)?.[1] ?? '')
    const status = /status="([^"]*)"/.exec(attributes)?.[1]
    if (status !== 'passed' && status !== 'skipped' && status !== 'failure' && status !== 'error') {
      throw new Error(`${name} has the status ${status}, which is none the tool writes`)
    }
    cases.push({ name, status, output: unescapeXml(content.replace(/<[^>]*>/g, '').trim()) })
  }
  if (cases.length === 0) throw new Error('junit.xml has no test case; see the output of the tool')
  return {
    cases,
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
    disabled: count('disabled'),
  }
}

function unescapeXml(text: string): string {
  return text
    .replace(/&#x([0-9A-F]+);/gi, (_entity, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_entity, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

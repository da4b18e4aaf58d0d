import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeSettings, type Setting } from '../../../config/describe.ts'

const DOCUMENT = new URL('../../../docs/configuration.md', import.meta.url)
const GENERATED = /(?<=<!-- settings: .*-->\n).*(?=<!-- end of settings -->)/s

test('docs/configuration.md lists exactly the settings there are', async () => {
  const document = readFileSync(DOCUMENT, 'utf8')
  expect(document).toMatch(GENERATED)
  // With `--update`, vitest writes what is expected into the file.
  await expect(document.replace(GENERATED, () => formatTables(describeSettings()))).toMatchFileSnapshot(
    DOCUMENT.pathname,
  )
})

/** One table for each section, since a page that is one long table is hard to read. */
function formatTables(settings: readonly Setting[]): string {
  const sections = new Map<string, Setting[]>()
  for (const setting of settings) {
    const section = setting.key.includes('.') ? setting.key.slice(0, setting.key.indexOf('.')) : ''
    sections.set(section, [...(sections.get(section) ?? []), setting])
  }
  const tables = [...sections].map(([section, members]) => {
    const rows = members.map((setting) => `| ${formatRow(setting).join(' | ')} |`)
    const heading = section === '' ? '' : `### ${section}\n\n`
    return `${heading}| Setting | Environment | Value | Default | Meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `\n${tables.join('\n')}\n`
}

function formatRow(setting: Setting): readonly string[] {
  const { key, envName, expects, defaultText, description } = setting
  const value =
    setting.default === undefined ? 'none' : `\`${Array.isArray(setting.default) ? '[]' : setting.default}\``
  return [`\`${key}\``, `\`${envName}\``, expects, defaultText ?? value, description]
}

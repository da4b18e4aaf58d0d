import { describeSettings, type Setting } from './describe.ts'

/** Characters in a line of a comment, its indentation included. */
const LINE = 100

/**
 * Writes a first `kontor.yaml`: every setting with its meaning, those that are given set and all others commented out
 * with their defaults. No secret ever stands in it.
 * @param values by key, as in `http.port`.
 */
export function formatInitialFile(values: ReadonlyMap<string, unknown>): string {
  const lines = [
    '# Settings of Kontor, written by kontor init. What is commented out has its default.',
    '#   kontor config check    says whether they can be used',
    '#   kontor config schema > kontor.schema.json',
    '#                          lets editors complete them, with this line at the top of the file:',
    '#                          # yaml-language-server: $schema=kontor.schema.json',
    '# The environment (KONTOR_HTTP__PORT=5000) and flags (--http.port 5000) are stronger than this file.',
  ]
  let openSection = ''
  for (const setting of describeSettings()) {
    if (setting.isSecret) continue
    const path = setting.key.split('.')
    path.pop()
    path.forEach((section, depth) => {
      const isOpen = `${openSection}.`.startsWith(`${path.slice(0, depth + 1).join('.')}.`)
      // A section in which everything is commented out is an empty one: it need not be commented out itself.
      if (!isOpen) lines.push(...(depth === 0 ? [''] : []), `${'  '.repeat(depth)}${section}:`)
    })
    openSection = path.join('.')
    if (path.length === 0) lines.push('')
    lines.push(...formatSetting(setting, '  '.repeat(path.length), values.get(setting.key)))
  }
  return `${lines.join('\n')}\n`
}

function formatSetting(setting: Setting, indent: string, value: unknown): readonly string[] {
  const name = setting.key.slice(setting.key.lastIndexOf('.') + 1)
  const comment = wrap(setting.description, LINE - indent.length - 2).map((line) => `${indent}# ${line}`)
  // JSON is YAML, and unlike YAML's own plain style it has one way to write a value, always on one line.
  if (value !== undefined) return [...comment, `${indent}${name}: ${JSON.stringify(value)}`]
  const { default: usual, expects, defaultText } = setting
  if (usual !== undefined) return [...comment, `${indent}#${name}: ${JSON.stringify(usual)}`]
  const hint = defaultText === undefined ? expects : `${expects}; default: ${defaultText}`
  return [
    ...comment,
    ...wrap(`(${hint})`, LINE - indent.length - 2).map((line) => `${indent}# ${line}`),
    `${indent}#${name}:`,
  ]
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

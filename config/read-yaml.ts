import { isAlias, isMap, isNode, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import type { ConfigProblem } from './config-error.ts'
import type { Setting } from './describe.ts'
import { findNearestName } from './nearest-name.ts'
import type { GivenValue, Reading } from './reading.ts'
import type { Source } from './source.ts'

/** Reads the settings in the text of a YAML file; `path` is what the file is called in messages. */
export function readYaml(text: string, path: string, settings: readonly Setting[]): Reading {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const settingByKey = new Map(settings.map((setting) => [setting.key, setting]))
  const sections = sectionsOf(settings)
  const names = [...settingByKey.keys(), ...sections]
  const given: GivenValue[] = []
  const problems: ConfigProblem[] = []

  const sourceAt = (offset: number): Source => {
    const { line, col } = lines.linePos(offset)
    return { kind: 'file', path, line, column: col }
  }
  const refuse = (offset: number, message: string) => {
    problems.push({ source: sourceAt(offset), message })
  }

  /** Aliases are resolved only now: one that leads nowhere, or to a great many others, is an error only now. */
  const plainValueOf = (node: Node, offset: number): unknown => {
    try {
      return node.toJS(document)
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error
      refuse(offset, `not valid YAML: ${error.message}`)
      return undefined
    }
  }

  const readSection = (prefix: string, pairs: readonly Pair<unknown, unknown>[]) => {
    for (const pair of pairs) {
      const keyNode = isNode(pair.key) ? pair.key : undefined
      const offset = keyNode?.range?.[0] ?? 0
      const name = isScalar(keyNode) ? String(keyNode.value) : JSON.stringify(keyNode && plainValueOf(keyNode, offset))
      readPair(prefix, name ?? '', offset, isNode(pair.value) ? pair.value : undefined)
    }
  }

  const readPair = (prefix: string, name: string, keyOffset: number, node: Node | undefined) => {
    const key = `${prefix}${name}`
    const setting = settingByKey.get(key)
    if (name.includes('.')) {
      refuse(keyOffset, `"${key}" must be nested: write each part on a line of its own, below the one before`)
    } else if (setting !== undefined) {
      // A key with nothing behind it has an empty value whose place is of no use to anybody.
      const value: unknown = (node && plainValueOf(node, keyOffset)) ?? null
      given.push({ setting, value, source: sourceAt(value === null ? keyOffset : (node?.range?.[0] ?? keyOffset)) })
    } else if (sections.has(key)) {
      const content = isAlias(node) ? node.resolve(document) : node
      if (isMap(content)) readSection(`${key}.`, content.items)
      // A section whose lines are all commented out is an empty one.
      else if (content !== undefined && !(isScalar(content) && content.value === null)) {
        refuse(keyOffset, `"${key}" takes no value of its own; its settings stand below it, one on each line`)
      }
    } else {
      const nearest = findNearestName(key, names)
      const advice = nearest === undefined ? 'docs/configuration.md lists them all' : `did you mean "${nearest}"?`
      refuse(keyOffset, `there is no setting "${key}"; ${advice}`)
    }
  }

  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    refuse(
      pos[0],
      code === 'DUPLICATE_KEY' ? 'this key was there before; keep one of the two' : `not valid YAML: ${message}`,
    )
  }
  // What a broken file seems to say would only lead to more, misleading, problems.
  if (problems.length > 0) return { given, problems }

  const { contents } = document
  if (isMap(contents)) readSection('', contents.items)
  else if (contents !== null && !(isScalar(contents) && contents.value === null)) {
    refuse(contents.range?.[0] ?? 0, 'the file must hold settings, such as "dataDir: /var/lib/kontor"')
  }
  return { given, problems }
}

function sectionsOf(settings: readonly Setting[]): ReadonlySet<string> {
  const sections = new Set<string>()
  for (const { key } of settings) {
    for (let dot = key.indexOf('.'); dot !== -1; dot = key.indexOf('.', dot + 1)) sections.add(key.slice(0, dot))
  }
  return sections
}

import { describeSettings } from './describe.ts'
import type { LoadedConfig } from './load.ts'
import { formatSource } from './source.ts'

/**
 * Writes the settings in effect as YAML, each with its source behind it. Secrets stand there as comments, so that the
 * output can be used as a configuration file without turning a mask into a password.
 */
export function formatConfig({ config, sources }: LoadedConfig): string {
  const lines: string[] = []
  let openSection = ''
  for (const { key, isSecret } of describeSettings()) {
    const value = valueAt(config, key)
    if (value === undefined) continue
    const path = key.split('.')
    const name = path.pop()
    path.forEach((section, depth) => {
      const isOpen = `${openSection}.`.startsWith(`${path.slice(0, depth + 1).join('.')}.`)
      if (!isOpen) lines.push(`${'  '.repeat(depth)}${section}:`)
    })
    openSection = path.join('.')
    const source = formatSource(sources.get(key) ?? { kind: 'default' })
    const indent = '  '.repeat(path.length)
    // JSON is YAML, and unlike YAML's own plain style it has one way to write a value, always on one line.
    lines.push(
      isSecret ? `${indent}# ${name}: ******** # ${source}` : `${indent}${name}: ${JSON.stringify(value)} # ${source}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function valueAt(config: unknown, key: string): unknown {
  let value = config
  for (const name of key.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  }
  return value
}

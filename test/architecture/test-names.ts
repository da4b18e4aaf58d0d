import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const DECLARING = new Set(['test', 'it', 'describe'])

/** What the tests below a folder are called: every text that vitest makes a name of, the rows of tables included. */
export function readTestNames(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return files.flatMap((file) => namesIn(join(folder, file)))
}

function namesIn(path: string): string[] {
  const names: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && declares(node.expression)) {
      const [title] = node.arguments
      if (title !== undefined) names.push(...textsIn(title))
      // `test.each(table)(title, …)`: the rows are in the names, too.
      if (ts.isCallExpression(node.expression)) names.push(...node.expression.arguments.flatMap(textsIn))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest))
  return names
}

/** Whether what is called is `test`, `test.skipIf(…)`, `describe.each(…)` and the like. */
function declares(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return DECLARING.has(callee.text)
  if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) return declares(callee.expression)
  return false
}

function textsIn(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
    return [node.text]
  }
  const texts: string[] = []
  ts.forEachChild(node, (child) => {
    texts.push(...textsIn(child))
  })
  return texts
}

// `node --import ./bench/support/register.mjs bench/<name>.ts`: lets Node run TypeScript as it stands, without an
// output folder, so that `import.meta.url` is true and no build can be stale. From Node 22.18 on Node does this itself.
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import typescript from 'typescript'

// Node loads this file twice: here to be registered, and in the thread of the hooks to be asked.
if (isMainThread) register(import.meta.url)

const { ModuleKind, ScriptTarget, transpileModule } = typescript
const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2023, inlineSourceMap: true }

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const source = await readFile(fileURLToPath(url), 'utf8')
  const { outputText } = transpileModule(source, { compilerOptions, fileName: url })
  return { format: 'module', source: outputText, shortCircuit: true }
}

import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import { expect, test } from 'vitest'
import { ROOM_RULES } from './rooms.ts'

/** Far fewer modules than this would mean that the check looked at an empty house. */
const FEWEST_MODULES = 100

async function cruiseHouse(rooms: string[], rules: readonly IForbiddenRuleType[]): Promise<ICruiseResult> {
  const { output } = await cruise(rooms, {
    validate: true,
    ruleSet: { forbidden: [...rules] },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node'],
    },
  })
  if (typeof output === 'string') throw new Error(output)
  return output
}

test('the rooms of the house open one way only', async () => {
  const { summary, modules } = await cruiseHouse(
    ['oci', 'config', 'storage', 'migrations', 'server', 'cli'],
    ROOM_RULES,
  )
  const ours = modules.filter(({ source }) => !source.includes('node_modules') && source.endsWith('.ts'))
  expect(ours.length).toBeGreaterThan(FEWEST_MODULES)
  expect(summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`)).toEqual([])
})

test('a forbidden import would be found', async () => {
  const { summary } = await cruiseHouse(
    ['server/registry'],
    [{ name: 'server may not know oci', severity: 'error', from: { path: '^server/' }, to: { path: '^oci/' } }],
  )
  expect(summary.violations.length).toBeGreaterThan(5)
})

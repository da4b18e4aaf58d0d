import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from '../../../config/secret.ts'

test('a secret shows itself to nobody who does not ask for it', () => {
  const secret = new Secret('hunter2')
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Object.entries(secret).join(),
    JSON.stringify(structuredClone({ ...secret })),
  ]
  expect(shown.join()).not.toContain('hunter2')
  expect(shown.slice(0, 4)).toEqual(['[secret]', '[secret]', '{"secret":"[secret]"}', '{ secret: [secret] }'])
})

test('a secret can be revealed', () => {
  expect(new Secret('hunter2').reveal()).toBe('hunter2')
})

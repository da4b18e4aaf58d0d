import { Command } from 'commander'
import { expect, test } from 'vitest'
import { OPERATOR_SHELL } from '../../../../cli/commands/operator-shell.ts'
import { addOperatorCommands } from '../../../../server/operator/operator-commands.ts'
import type { Shell } from '../../../../server/operator/shell.ts'

/** The program that starts both is plain JavaScript: that the two fit is checked by the compiler here. */
const SHELL: Shell = OPERATOR_SHELL

test('the commands of an operator work with what the client lends them', () => {
  const program = new Command()
  addOperatorCommands(program, '1.2.3', SHELL)
  expect(program.commands.map((command) => command.name())).toEqual([
    'serve',
    'init',
    'config',
    'migrate',
    'user',
    'scrub',
    'doctor',
  ])
})

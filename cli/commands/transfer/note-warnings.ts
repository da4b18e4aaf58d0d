import { harmless } from '../../output/display-width.ts'
import type { Terminal } from '../../terminal/terminal.ts'

/** Says what a registry had to say although it took what it was sent. */
export function noteWarnings(terminal: Terminal, warnings: readonly string[]): void {
  for (const warning of warnings) {
    terminal.note(`${terminal.paint('warning', 'note:', 'stderr')} ${harmless(warning)}`)
  }
}

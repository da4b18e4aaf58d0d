import { Argument, type Command } from 'commander'
import { SHELLS, type Shell } from './completion/shells.ts'
import { run } from './run.ts'

/** `kontor completion`, and what its scripts call while somebody types. */
export function addCompletionCommands(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands, repositories and tags in your shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', HOW_TO_LOAD)
    .action((shell: Shell) =>
      run(async ({ terminal }) => {
        const { COMPLETION_SCRIPTS } = await import('./completion/scripts.ts')
        terminal.stdout.write(COMPLETION_SCRIPTS[shell])
      }),
    )

  // Not by `run`: whoever types is told nothing but what fits.
  program
    .command('__complete [words...]', { hidden: true })
    .helpOption(false)
    .action(async (words: readonly string[]) => {
      const { complete } = await import('./completion/complete.ts')
      await complete(program, words)
    })
}

const HOW_TO_LOAD = `
Load it when your shell starts:
  bash  echo 'source <(kontor completion bash)' >> ~/.bashrc
  zsh   echo 'source <(kontor completion zsh)' >> ~/.zshrc     (after compinit)
  fish  kontor completion fish > ~/.config/fish/completions/kontor.fish`

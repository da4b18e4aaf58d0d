import type { Shell } from './shells.ts'

/**
 * What each shell is to do: ask `kontor __complete` with the words up to the cursor. Each line of the answer is what the
 * word may become, with a description behind a tab; `:files` leaves it to the shell. What ends with `:`, `/` or `=` goes on.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  // Bash takes `:`, `=` and `@` for ends of words and replaces only what is behind the last of them: COMP_WORDS has each
  // part by itself, and what stands together in the line belongs together.
  bash: `# bash completion for kontor
_kontor() {
  local program=\${1/#\\~/$HOME} rest=\${COMP_LINE:0:COMP_POINT} part='' before='' current='' kept='' reply i
  local -a words
  for ((i = 0; i <= COMP_CWORD; i++)); do
    before=$part
    part=\${COMP_WORDS[i]}
    if [[ $i == 0 || $rest == [[:space:]]* ]]; then words+=('') kept=''; else kept=$current; fi
    rest=\${rest#"\${rest%%[![:space:]]*}"}
    # The cursor may be in the middle of its word.
    if ((i == COMP_CWORD)); then part=$rest; fi
    rest=\${rest#"$part"}
    current=$kept\${part//[\\"\\'\\\\]/}
    words[\${#words[@]}-1]=$current
  done
  if [[ $part == [:=@] ]]; then kept=$current; fi
  COMPREPLY=()
  # Readline itself completes files best: with quotes, spaces and ~.
  if [[ $before == *[\\<\\>]* ]]; then
    compopt -o default 2>/dev/null
    return 0
  fi
  while IFS= read -r reply; do
    if [[ $reply == :files ]]; then
      compopt -o default 2>/dev/null
      return 0
    fi
    reply=\${reply%%$'\\t'*}
    COMPREPLY+=("\${reply#"$kept"}")
  done < <("$program" __complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == *[:/=] ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F _kontor kontor
`,
  zsh: `#compdef kontor
# zsh completion for kontor
_kontor() {
  local line value
  local -a values described unfinished
  for line in "\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    value=\${line%%$'\\t'*}
    if [[ -z $line ]]; then
      continue
    elif [[ $line == :files ]]; then
      compset -P '--[^=]#='
      _files
    elif [[ $value == *[:/=] ]]; then
      unfinished+=("$value")
    elif [[ $line == *$'\\t'* ]]; then
      described+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    else
      values+=("$value")
    fi
  done
  (( $#unfinished )) && compadd -S '' -a unfinished
  (( $#values )) && compadd -a values
  (( $#described )) && _describe kontor described
}
if [[ $funcstack[1] == _kontor ]]; then _kontor "$@"; else compdef _kontor kontor; fi
`,
  // Files are left to fish by a second rule: what a command prints may not begin with ~ for it. Both rules ask once.
  fish: `# fish completion for kontor
function __kontor_ask
    set -l words (commandline -opc)
    set -l current (string replace -ra '[\\x22\\x27\\x5c]' '' -- (commandline -ct))
    set -l program $words[1]
    set -e words[1]
    set -g __kontor_answer ($program __complete -- $words "$current" 2>/dev/null)
    set -g __kontor_line (commandline -cp)
end
function __kontor_takes_files
    __kontor_ask
    contains -- ':files' $__kontor_answer
end
function __kontor_complete
    test "$__kontor_line" = (commandline -cp); or __kontor_ask
    set -e __kontor_line
    string match -v -- ':files' $__kontor_answer
end
complete -c kontor -f -a '(__kontor_complete)'
complete -c kontor -n __kontor_takes_files -F
`,
}

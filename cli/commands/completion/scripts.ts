import type { Shell } from './shells.ts'

/**
 * What each shell is to do: ask `kontor __complete` with the words up to the cursor. Each line of the answer is what the
 * word may become, with a description behind a tab; `:files` leaves it to the shell. What ends with `:`, `/` or `=` goes on.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  // Bash takes `:`, `=` and `@` for ends of words, replaces only what is behind the last of them, and has no words with
  // them in COMP_WORDS: the line is taken apart here.
  bash: `# bash completion for kontor
_kontor() {
  local program=\${1/#\\~/$HOME} line=\${COMP_LINE:0:COMP_POINT} reply value current kept=''
  local breaks=\${COMP_WORDBREAKS//[^:=@]/}
  local -a words
  IFS=$' \\t\\n' read -ra words <<<"$line"
  while [[ \${#words[@]} -gt 0 && \${words[0]} != "$1" ]]; do words=("\${words[@]:1}"); done
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  if [[ -n $breaks && $current == *["$breaks"]* ]]; then
    kept=\${current%"\${current##*["$breaks"]}"}
  fi
  COMPREPLY=()
  while IFS= read -r reply; do
    if [[ $reply == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${current#"$kept"}")
      continue
    fi
    value=\${reply%%$'\\t'*}
    COMPREPLY+=("\${value#"$kept"}")
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
  local -a values shown unfinished
  for line in "\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=\${line%%$'\\t'*}
    if [[ -z $line ]]; then
      continue
    elif [[ $line == :files ]]; then
      _files
    elif [[ $value == *[:/=] ]]; then
      unfinished+=("$value")
    else
      values+=("$value")
      if [[ $line == *$'\\t'* ]]; then shown+=("$value -- \${line#*$'\\t'}"); else shown+=("$value"); fi
    fi
  done
  (( $#unfinished )) && compadd -S '' -a unfinished
  (( $#values )) && compadd -l -d shown -a values
}
if [[ $funcstack[1] == _kontor ]]; then _kontor "$@"; else compdef _kontor kontor; fi
`,
  fish: `# fish completion for kontor
function __kontor_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program __complete -- $words "$current" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c kontor -f -a '(__kontor_complete)'
`,
}

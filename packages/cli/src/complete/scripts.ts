/** Shells whose completion there is. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * What a shell loads once. Each asks the program at every Tab, so that it knows the commands, editions and leaves of
 * the moment, and of the checkout that it stands in. The answer: `words`, `files` or `directories` in a line of its own,
 * then a candidate a line, with a tab and what it means after it.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of phyllome for bash, in ~/.bashrc:  source <(phyllome completion bash)
_phyllome() {
  local program=$1 word line mode='' current last prefix i
  local -a words=()
  [[ $program == \\~/* ]] && program=$HOME/\${program:2}
  # For bash a word ends at = and :, for the program it does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 1)) && [[ $word == [=:]* || \${COMP_WORDS[i - 1]} == [=:]* ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  last=\${words[\${#words[@]} - 1]}
  current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == [=:]* ]] && current=
  prefix=\${last%"$current"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $mode ]]; then
      mode=$line
    else
      line=\${line%%$'\\t'*}
      COMPREPLY+=("\${line#"$prefix"}")
    fi
  done < <("$program" complete -- "\${words[@]}" 2> /dev/null < /dev/null)
  case $mode in
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
  esac
}
complete -F _phyllome phyllome
`,
  zsh: `#compdef phyllome
# Completion of phyllome for zsh, in ~/.zshrc after compinit:  source <(phyllome completion zsh)
_phyllome() {
  local mode line
  local -a lines found
  lines=("\${(@f)$("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null < /dev/null)}")
  mode=\${lines[1]}
  for line in "\${(@)lines[2,-1]}"; do
    if [[ $line == *$'\\t'* ]]; then
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    elif [[ -n $line ]]; then
      found+=("\${line//:/\\\\:}")
    fi
  done
  case $mode in
    files) compset -P '--*='; _files ;;
    directories) compset -P '--*='; _files -/ ;;
    words) _describe phyllome found ;;
  esac
}
if [[ $funcstack[1] == _phyllome ]]; then
  _phyllome "$@"
else
  compdef _phyllome phyllome
fi
`,
  fish: `# Completion of phyllome for fish:  phyllome completion fish >~/.config/fish/completions/phyllome.fish
function __phyllome_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..] "$current" 2>/dev/null </dev/null)
    set -l start (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$lines[1]"
        case files
            string replace -r -- '^' "$start" (__fish_complete_path "$path")
        case directories
            string replace -r -- '^' "$start" (__fish_complete_directories "$path")
        case words
            test (count $lines) -gt 1; and printf '%s\\n' $lines[2..]
    end
end
complete -c phyllome -f -a '(__phyllome_complete)'
`,
};

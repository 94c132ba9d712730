/** What each shell evaluates. All of them ask `gantry __complete`, so that they stay right when commands change. */
const SCRIPTS = {
  bash: `# Completion of gantry for bash, made by: gantry completion bash
_gantry() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _gantry gantry`,
  zsh: `#compdef gantry
# Completion of gantry for zsh, made by: gantry completion zsh
_gantry() {
  local line
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]/#\\~/$HOME}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe gantry found
}
compdef _gantry gantry`,
  fish: `# Completion of gantry for fish, made by: gantry completion fish
function __gantry_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l found (command $words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
  if test "$found[1]" = :files
    __fish_complete_path "$typed"
  else
    printf '%s\\n' $found
  end
end
complete -c gantry -f -a '(__gantry_complete)'`,
} as const;

export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as Shell[];

export const isShell = (text: string): text is Shell => Object.hasOwn(SCRIPTS, text);
export const completionScript = (shell: Shell): string => SCRIPTS[shell];

/** Completion scripts: the shells ask the program itself, so that they know what it knows. */

export const shells = ["bash", "zsh", "fish"] as const;

export type ShellName = (typeof shells)[number];

/** `program`: the name that is typed. */
export const completionScript = (shell: ShellName, program: string): string =>
  scripts[shell].replaceAll("PROGRAM", program);

const scripts: Readonly<Record<ShellName, string>> = {
  bash: `# bash completion for PROGRAM: source <(PROGRAM completion bash)
_PROGRAM() {
  local IFS=$'\\n'
  COMPREPLY=($(PROGRAM __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  case "\${COMPREPLY[0]}" in */|*=) compopt -o nospace ;; esac
}
complete -o default -F _PROGRAM PROGRAM
`,
  zsh: `#compdef PROGRAM
# zsh completion for PROGRAM: source <(PROGRAM completion zsh)
_PROGRAM() {
  local -a found
  found=("\${(@f)$(PROGRAM __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -- "\${found[@]}"; else _files; fi
}
compdef _PROGRAM PROGRAM
`,
  fish: `# fish completion for PROGRAM: PROGRAM completion fish | source
function __PROGRAM_complete
  set -l words (commandline -opc) (commandline -ct)
  PROGRAM __complete -- $words[2..-1] 2>/dev/null
end
complete -c PROGRAM -a '(__PROGRAM_complete)'
`,
};

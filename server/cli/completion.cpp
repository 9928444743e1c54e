// Scripts for shells. They ask the program at each press of the key, so that they need not change when it
// does.
#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

// Words come from the line itself: bash has cut them at = and :.
constexpr const char* kBash = R"(# bash completion of zest-sandbox
_zest_sandbox() {
  local line=${COMP_LINE:0:COMP_POINT} words=() lines=() offer=() beside= text kept=
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  mapfile -t lines < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  ((${#lines[@]})) || return 0
  beside=${lines[-1]}
  unset 'lines[-1]'
  text=${words[-1]}
  [[ $text != -*=* ]] || kept=${text%%=*}=
  for line in "${lines[@]}"; do
    line=${line%%$'\t'*}
    offer+=("${line#"$kept"}")
  done
  text=${text#"$kept"}
  case $beside in
    :files) mapfile -t -O "${#offer[@]}" offer < <(compgen -f -- "$text") && compopt -o filenames ;;
    :commands) mapfile -t -O "${#offer[@]}" offer < <(compgen -c -- "$text") ;;
  esac
  COMPREPLY=("${offer[@]}")
}
complete -F _zest_sandbox zest-sandbox
)";

constexpr const char* kZsh = R"(#compdef zest-sandbox
# zsh completion of zest-sandbox
_zest_sandbox() {
  local -a lines offer
  local line beside
  lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  beside=${lines[-1]}
  for line in "${(@)lines[1,-2]}"; do
    if [[ $line == *$'\t'* ]]; then
      offer+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    else
      offer+=("${line//:/\\:}")
    fi
  done
  ((${#offer})) && _describe 'zest-sandbox' offer
  case $beside in
    :files) _files ;;
    :commands) _command_names -e ;;
  esac
}
if [ "$funcstack[1]" = _zest_sandbox ]; then
  _zest_sandbox "$@"
else
  compdef _zest_sandbox zest-sandbox
fi
)";

constexpr const char* kFish = R"(# fish completion of zest-sandbox
function __zest_sandbox_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    test (count $lines) -gt 0; or return
    switch $lines[-1]
        case :files
            __fish_complete_path "$current"
        case :commands
            __fish_complete_command
    end
    test (count $lines) -gt 1; and printf '%s\n' $lines[1..-2]
end
complete -c zest-sandbox -f -a '(__zest_sandbox_complete)'
)";

}  // namespace

void add_completion(Program& program) {
  CLI::App* command = program.command(
      "completion", "Print a script that teaches a shell to complete commands, options and ids",
      {"completion bash > ~/.local/share/bash-completion/completions/zest-sandbox",
       "completion zsh > \"${fpath[1]}/_zest-sandbox\"",
       "completion fish > ~/.config/fish/completions/zest-sandbox.fish"});
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->type_name("SHELL")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  program.on(command, [&program, shell] {
    program.out << (*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish) << std::flush;
    return kFine;
  });
}

}  // namespace zest::cli

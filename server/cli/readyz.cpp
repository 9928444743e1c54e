#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {

void add_readyz(Program& program) {
  CLI::App* command = program.command(
      "readyz", "Exit 0 when the sandbox is ready (for container health checks, which have no curl)",
      {"readyz", "readyz --url http://127.0.0.1:9000"});
  const auto remote = add_remote(program, command);
  program.on(command, [&program, remote] {
    return print(program, *remote, control_api(*remote).ready(),
                 [](const Json&) { return std::string("ready\n"); });
  });
}

}  // namespace zest::cli

#include "base/version.h"

#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {

void add_version(Program& program) {
  CLI::App* command = program.command("version", "Print the version", {});
  program.on(command, [&program] {
    program.out << "zest-sandbox " << version() << std::endl;
    return kFine;
  });
}

}  // namespace zest::cli

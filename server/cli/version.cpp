#include "base/version.h"

#include <CLI/App.hpp>

#include "app/build_info.h"
#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {

void add_version(Program& program) {
  CLI::App* command =
      program.command("version", "Print the version",
                      {"version --json   # also of libraries and formats, for reports of errors"});
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Build, libraries and features, as JSON");
  program.on(command, [&program, as_json] {
    if (*as_json) {
      program.out << dump_json_pretty(app::build_info()) << std::endl;
      return kFine;
    }
    program.out << "zest-sandbox " << version() << std::endl;
    return kFine;
  });
}

}  // namespace zest::cli

// The options of `serve` on a command: from the table of app/options.h, for every command that starts a
// sandbox.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "cli/program.h"

namespace zest::cli {

// What was given on the command line, by option.
struct ServeFlags {
  struct Given {
    const app::OptionSpec* spec = nullptr;
    CLI::Option* option = nullptr;
    std::vector<std::string> values;
  };
  std::deque<Given> given;  // stable addresses: the parser writes into them
  std::string config_file;
};

std::shared_ptr<ServeFlags> add_serve_options(CLI::App* command);

// Flags, environment, config file and defaults together; `defaults` are the command's own. Errors:
// InvalidRequest (wrong usage).
using Defaults = std::vector<std::pair<std::string, std::string>>;
Result<app::ResolvedOptions> resolve(const Program& program, const ServeFlags& flags, Defaults defaults = {});

// What there is to say of them before the start, to the log.
void announce_options(const app::ResolvedOptions& resolved, Log& log);

}  // namespace zest::cli

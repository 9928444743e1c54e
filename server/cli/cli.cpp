#include "cli/cli.h"

#include <unistd.h>

#include <iostream>
#include <string_view>

#include "app/process.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "insight/remedy_shell.h"

namespace zest::cli {
namespace {

Program::Environment whole_environment() {
  Program::Environment variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

// NO_COLOR and TERM=dumb switch colours off.
bool wants_colours(const Program::Environment& variables) {
  std::string no_colour;
  std::string kind = "dumb";
  for (const auto& [name, value] : variables) {
    if (name == "NO_COLOR") no_colour = value;
    if (name == "TERM") kind = value;
  }
  return no_colour.empty() && kind != "dumb";
}

}  // namespace

void add_commands(Program& program) {
  add_serve(program);
  add_demo(program);
  add_listen(program);
  add_exec(program);
  add_explain(program);
  add_warnings(program);
  add_coverage(program);
  add_trigger(program);
  add_certify(program);
  add_webhook_deliveries(program);
  add_spv_requests(program);
  add_subscriptions(program);
  add_requests(program);
  add_chaos(program);
  add_partners(program);
  add_register_partner(program);
  add_token(program);
  add_clock(program);
  add_reset(program);
  add_snapshot(program);
  add_scenario(program);
  add_app(program);
  add_sign(program);
  add_readyz(program);
  add_mcp(program);
  add_completion(program);
  add_version(program);
  // Program answers it itself; here it is for the lists of commands.
  program.command("help", "Tell more about a command",
                  {"help clock advance", "help --man > zest-sandbox.1   # everything, as a manual page"});
}

int run(int argc, const char* const* argv) {
  app::occupy_standard_streams();
  app::ignore_write_signals();
  const Program::Environment variables = whole_environment();
  Program program(std::cout, std::cerr, standard_output(wants_colours(variables)), variables);
  add_commands(program);
  if (argc > 0 && std::string_view(argv[0]).find('/') != std::string_view::npos)
    program.set_called_as(insight::shell_word(argv[0]));
  return program.run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}

}  // namespace zest::cli

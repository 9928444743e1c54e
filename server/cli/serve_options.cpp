#include "cli/serve_options.h"

#include <CLI/App.hpp>

namespace zest::cli {

std::shared_ptr<ServeFlags> add_serve_options(CLI::App* command) {
  auto flags = std::make_shared<ServeFlags>();
  for (const app::OptionSpec& spec : app::option_table()) {
    ServeFlags::Given& given = flags->given.emplace_back();
    given.spec = &spec;
    const std::string name = "--" + std::string(spec.name);
    // Constant: CLI11 takes a variable in a flag's second place for the one to write the flag to.
    const std::string help = spec.standard.empty()
                                 ? std::string(spec.help)
                                 : std::string(spec.help) + " [" + std::string(spec.standard) + "]";
    if (spec.value.empty()) {
      given.option = command->add_flag(name, help);
    } else {
      // Every value is taken, so that the last of several wins (or all count); the table judges them.
      given.option = command->add_option(name, given.values, help)
                         ->type_name(std::string(spec.value))
                         ->expected(1)
                         ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  command
      ->add_option("--config", flags->config_file,
                   "Read options from this JSON file [zest-sandbox.json here]")
      ->type_name("FILE");
  return flags;
}

Result<app::ResolvedOptions> resolve(const Program& program, const ServeFlags& flags, Defaults defaults) {
  app::OptionSources sources;
  sources.defaults = std::move(defaults);
  for (const ServeFlags::Given& given : flags.given) {
    const std::string name(given.spec->name);
    if (given.spec->value.empty()) {
      // "true" for a bare one; --require-https=false says otherwise, and the table judges it.
      if (given.option->count() > 0) sources.flags.emplace_back(name, given.option->results().back());
      continue;
    }
    for (const std::string& value : given.values) sources.flags.emplace_back(name, value);
  }
  sources.environment = program.environment();
  if (!flags.config_file.empty()) sources.config_file = flags.config_file;
  return app::resolve_options(sources);
}

void announce_options(const app::ResolvedOptions& resolved, Log& log) {
  if (!resolved.found_config.empty()) {
    log.warning("options come from " + resolved.found_config + ", found in the working directory");
  }
  for (const std::string& warning : resolved.warnings) log.warning(warning);
}

}  // namespace zest::cli

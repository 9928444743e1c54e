#include "app/options.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "app/found_config.h"
#include "app/service_variables.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/text.h"
#include "http/message.h"
#include "rules/partners.h"

namespace zest::app {
namespace {

constexpr std::string_view kEnvironmentPrefix = "ZEST_SANDBOX_";
constexpr std::string_view kConfigName = "zest-sandbox.json";
constexpr std::size_t kLargestConfig = std::size_t{1} << 20;  // bytes; more is no config file
// Of an admin token that guards a control plane open to the network, where it can be guessed at from afar:
// 16 characters at random from a keyboard are out of reach at any rate of guessing. The limit is ours.
constexpr std::size_t kShortestOpenToken = 16;
// Read by the client commands and by tests of a user's own, not by `serve`.
constexpr std::string_view kOtherVariables[] = {"ZEST_SANDBOX_URL", "ZEST_SANDBOX_CONFIG",
                                                "ZEST_SANDBOX_BINARY"};

const OptionSpec* find_option(std::string_view name) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const OptionSpec& spec : option_table()) names.emplace_back(spec.name);
  return names;
}

// Secrets are not echoed into terminals and logs.
std::string shown(const OptionSpec& spec, const std::string& value) {
  constexpr std::size_t kLongest = 60;
  if (spec.name == "admin-token" || spec.name == "webhook-secret") return "the value";
  return '"' + (value.size() > kLongest ? value.substr(0, kLongest) + "…" : value) + '"';
}

// The options as far as they are known, and where each value came from, as messages name it.
struct Draft {
  ServeOptions options;
  std::map<std::string, std::string, std::less<>> origins;

  std::string origin(std::string_view option) const {
    const auto found = origins.find(option);
    return found != origins.end() ? found->second : "--" + std::string(option);
  }
};

Result<void> apply(Draft& draft, const OptionSpec& spec, const std::string& value,
                   const std::string& source) {
  draft.origins[std::string(spec.name)] = source;
  // What the system is given ends there, and would be another path than the one that was looked at.
  if (value.find('\0') != std::string::npos) {
    return invalid_request(source + ": the value must not hold a NUL character");
  }
  Result<void> applied = spec.apply(draft.options, value);
  if (applied.ok()) return {};
  return invalid_request(source + ": " + shown(spec, value) + " is not valid; it " + applied.error().detail);
}

std::optional<std::string> variable(const OptionSources& sources, const std::string& name) {
  for (const auto& entry : sources.environment) {
    if (entry.first == name && !entry.second.empty()) return entry.second;
  }
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// The values that one member of the config file stands for, as the command line would spell them.
Result<std::vector<std::string>> config_values(const OptionSpec& spec, const Json& value) {
  if (value.is_string()) return std::vector<std::string>{value.get<std::string>()};
  if (value.is_boolean() && spec.value.empty())
    return std::vector<std::string>{value.get<bool>() ? "true" : "false"};
  if (value.is_number_integer() && !spec.value.empty()) return std::vector<std::string>{dump_json(value)};
  if (value.is_array() && spec.repeatable) {
    std::vector<std::string> values;
    for (const Json& item : value) {
      if (!item.is_string()) return invalid_request("must be a list of strings");
      values.push_back(item.get<std::string>());
    }
    return values;
  }
  return invalid_request(spec.value.empty() ? "must be true or false" : "must be a string or a whole number");
}

struct Config {
  std::string name;
  Json document;
  bool found = false;  // not named by anybody
};

Result<std::optional<Config>> read_config(const OptionSources& sources) {
  std::optional<std::string> named = sources.config_file;
  if (!named) named = variable(sources, "ZEST_SANDBOX_CONFIG");
  const std::filesystem::path path =
      named ? std::filesystem::path(*named) : sources.working_directory / kConfigName;
  std::error_code ignored;
  if (!named && !std::filesystem::exists(path, ignored)) return std::optional<Config>();
  const std::string name = named ? *named : std::string(kConfigName);
  // A pipe that lies about would hold up the start until somebody writes.
  if (!named && std::filesystem::is_fifo(path, ignored))
    return invalid_request(name + " is a pipe, not a file");
  ASSIGN_OR_RETURN(const std::string text, read_file(path, kLargestConfig));
  Result<Json> document = parse_json(text);
  if (!document.ok()) return invalid_request(name + ": " + document.error().detail);
  if (!document->is_object())
    return invalid_request(name + ": must be a JSON object of option names and values");
  if (!named) RETURN_IF_ERROR(check_found_config(*document, sources.working_directory, name));
  return std::optional<Config>(Config{name, std::move(*document), !named});
}

Result<void> apply_config(Draft& draft, const Config& config) {
  for (const auto& entry : config.document.items()) {
    const OptionSpec* spec = find_option(entry.key());
    if (!spec) {
      const std::optional<std::string> meant = nearest(entry.key(), option_names());
      return invalid_request(config.name + ": unknown option \"" + entry.key() + "\"" +
                             (meant ? "; did you mean \"" + *meant + "\"?" : ".") +
                             " Allowed: " + join(option_names()));
    }
    const std::string source = config.name + ": " + std::string(spec->name);
    Result<std::vector<std::string>> values = config_values(*spec, entry.value());
    if (!values.ok()) return invalid_request(source + ": " + values.error().detail);
    for (const std::string& value : *values) {
      Result<void> applied = apply(draft, *spec, value, source);
      if (!applied.ok()) return applied;
    }
  }
  return {};
}

bool is_given(const OptionSources& sources, std::string_view option) {
  return std::any_of(sources.flags.begin(), sources.flags.end(),
                     [option](const auto& flag) { return flag.first == option; });
}

// A variable that a flag outranks is not judged: it was set for another time, or by somebody else.
Result<void> apply_environment(Draft& draft, const OptionSources& sources) {
  for (const OptionSpec& spec : option_table()) {
    const std::string name = environment_name(spec.name);
    const std::optional<std::string> value = variable(sources, name);
    if (!value || is_given(sources, spec.name) || is_service_variable(name, *value)) continue;
    if (spec.repeatable) draft.options.allowed_hosts.clear();
    for (const std::string& one : spec.repeatable ? split(*value, ',') : std::vector<std::string>{*value}) {
      Result<void> applied = apply(draft, spec, one, name);
      if (!applied.ok()) return applied;
    }
  }
  return {};
}

Result<void> apply_flags(Draft& draft, const OptionSources& sources) {
  bool first_host = true;
  for (const auto& flag : sources.flags) {
    const OptionSpec* spec = find_option(flag.first);
    if (!spec) return invalid_request("--" + flag.first + ": there is no such option");
    if (spec->repeatable && std::exchange(first_host, false)) draft.options.allowed_hosts.clear();
    Result<void> applied = apply(draft, *spec, flag.second, "--" + flag.first);
    if (!applied.ok()) return applied;
  }
  return {};
}

std::vector<std::string> environment_warnings(const OptionSources& sources) {
  std::vector<std::string> known(std::begin(kOtherVariables), std::end(kOtherVariables));
  for (const OptionSpec& spec : option_table()) known.push_back(environment_name(spec.name));
  std::vector<std::string> warnings;
  for (const auto& entry : sources.environment) {
    if (entry.first.rfind(kEnvironmentPrefix, 0) != 0 || entry.second.empty()) continue;
    if (std::find(known.begin(), known.end(), entry.first) != known.end()) continue;
    if (is_service_variable(entry.first, entry.second)) continue;
    const std::optional<std::string> meant = nearest(entry.first, known);
    warnings.push_back("the environment variable " + entry.first + " is not one of the sandbox's" +
                       (meant ? "; did you mean " + *meant + "?" : ""));
  }
  return warnings;
}

// What only the options together can tell.
Result<void> check_together(const Draft& draft) {
  const ServeOptions& options = draft.options;
  if (options.clock == ClockMode::Manual && options.time_scale) {
    return invalid_request(draft.origin("time-scale") + " has no meaning with " + draft.origin("clock") +
                           " manual, where time stands still; leave one of them out");
  }
  const bool guessable = !options.admin_token.empty() && options.admin_token.size() < kShortestOpenToken;
  if (!is_loopback(options.host) && guessable) {
    return invalid_request(
        draft.origin("admin-token") + ": the value is too short for " + draft.origin("host") + " " +
        options.host + ", which opens the control plane to the network; it must have at least " +
        std::to_string(kShortestOpenToken) + " characters, or be left out, and one is made");
  }
  if (options.webhook_url) {
    Result<void> checked = rules::check_webhook_url(*options.webhook_url, options.require_https);
    if (!checked.ok()) return invalid_request(draft.origin("webhook-url") + ": " + checked.error().detail);
  }
  return {};
}

}  // namespace

ClockMode ServeOptions::clock_mode() const {
  if (clock == ClockMode::Manual) return ClockMode::Manual;
  return time_scale.value_or(1) > 1 ? ClockMode::Scaled : ClockMode::Real;
}

std::string environment_name(std::string_view option) {
  std::string name(kEnvironmentPrefix);
  for (const char c : option) {
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

bool is_loopback(std::string_view host) {
  if (http::equal_ignoring_case(host, "localhost") || host == "::1" || host == "[::1]") return true;
  return host.rfind("127.", 0) == 0 && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<ResolvedOptions> resolve_options(const OptionSources& sources) {
  Draft draft;
  for (const auto& standard : sources.defaults) {
    const OptionSpec* spec = find_option(standard.first);
    if (!spec) return invalid_request("--" + standard.first + ": there is no such option");
    RETURN_IF_ERROR(apply(draft, *spec, standard.second, "--" + standard.first));
  }
  ASSIGN_OR_RETURN(const std::optional<Config> config, read_config(sources));
  if (config) RETURN_IF_ERROR(apply_config(draft, *config));
  RETURN_IF_ERROR(apply_environment(draft, sources));
  RETURN_IF_ERROR(apply_flags(draft, sources));
  RETURN_IF_ERROR(check_together(draft));
  ResolvedOptions resolved;
  const bool found = config && config->found;
  draft.options.public_url_is_trusted = !found || draft.origin("public-url") != config->name + ": public-url";
  resolved.options = std::move(draft.options);
  resolved.warnings = environment_warnings(sources);
  if (found) resolved.found_config = config->name;
  return resolved;
}

}  // namespace zest::app

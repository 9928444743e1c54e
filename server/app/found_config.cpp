#include "app/found_config.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "app/options.h"

namespace zest::app {
namespace {

namespace fs = std::filesystem;

// What only the user opens to others.
constexpr std::string_view kUsersOnly[] = {"host", "admin-token", "console-dir"};

constexpr std::string_view kLocalDomains[] = {".test",  ".example",   ".invalid", ".localhost",
                                              ".local", ".home.arpa", ".internal"};

// A name of `hosts` (one, or a list) that is not local.
std::optional<std::string> strangers_name(const Json& hosts) {
  const Json list = hosts.is_array() ? hosts : Json::array({hosts});
  for (const Json& host : list) {
    if (host.is_string() && !is_local_name(host.get_ref<const std::string&>()))
      return host.get<std::string>();
  }
  return std::nullopt;
}

bool is_path(const OptionSpec& spec) { return spec.value == "FILE" || spec.value == "DIR"; }

// Where a path leads in the end, whether there is something or not.
bool leads_into(const fs::path& folder, const fs::path& path) {
  std::error_code error;
  const fs::path real_folder = fs::canonical(folder, error);
  if (error) return false;
  const fs::path real = fs::weakly_canonical(real_folder / path, error);
  // What is still a link leads to what is not there yet.
  if (error || fs::is_symlink(fs::symlink_status(real, error))) return false;
  const auto [end, ignored] = std::mismatch(real_folder.begin(), real_folder.end(), real.begin(), real.end());
  return end == real_folder.end();
}

}  // namespace

bool is_local_name(std::string_view host) {
  if (host.find_first_of(".:") == std::string::npos) return true;
  return std::any_of(std::begin(kLocalDomains), std::end(kLocalDomains),
                     [&host](std::string_view domain) { return host.ends_with(domain); });
}

Result<void> check_found_config(const Json& document, const fs::path& folder, const std::string& name) {
  for (const OptionSpec& spec : option_table()) {
    const Json* value = member(document, spec.name);
    if (value == nullptr) continue;
    const std::optional<std::string> stranger =
        spec.name == "allow-host" ? strangers_name(*value) : std::nullopt;
    if (stranger) {
      return invalid_request(
          name + ": allow-host opens the control plane to pages of " + *stranger +
          "; a file that was merely found here may name hosts without a dot and those "
          "below .test, .example, .local or .internal; if you trust it, say so by --config " +
          name);
    }
    const bool users_only =
        std::find(std::begin(kUsersOnly), std::end(kUsersOnly), spec.name) != std::end(kUsersOnly);
    const bool outside =
        is_path(spec) && value->is_string() && !leads_into(folder, value->get_ref<const std::string&>());
    if (!users_only && !outside) continue;
    return invalid_request(name + ": " + std::string(spec.name) +
                           (outside ? " leads out of the folder in which this file was found"
                                    : " may not be set by a file that was merely found here") +
                           "; if you trust it, say so by --config " + name);
  }
  return {};
}

}  // namespace zest::app

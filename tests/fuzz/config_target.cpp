// The config file of `serve`, with lines NAME=value before an empty line as the environment.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "app/options.h"
#include "base/json.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

// A file without a place in any folder.
class ConfigInMemory {
 public:
  explicit ConfigInMemory(std::string_view text) : descriptor_(::memfd_create("config", MFD_CLOEXEC)) {
    FUZZ_CHECK(descriptor_ >= 0);
    FUZZ_CHECK(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~ConfigInMemory() { ::close(descriptor_); }
  ConfigInMemory(const ConfigInMemory&) = delete;
  ConfigInMemory& operator=(const ConfigInMemory&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

FUZZ_TARGET(config, Json) {
  app::OptionSources sources;
  std::string_view text = input;
  if (input.substr(0, 5) == "ZEST_") {
    Halves halves = at_empty_line(input);
    text = halves.behind;
    while (!halves.before.empty()) {
      const std::size_t end = std::min(halves.before.find('\n'), halves.before.size());
      const std::string_view line = halves.before.substr(0, end);
      halves.before.remove_prefix(std::min(end + 1, halves.before.size()));
      const std::size_t equals = std::min(line.find('='), line.size());
      std::string name(line.substr(0, equals));
      if (name == "ZEST_SANDBOX_CONFIG") continue;  // another file than the one at hand
      sources.environment.emplace_back(std::move(name), line.substr(std::min(equals + 1, line.size())));
    }
  }
  const ConfigInMemory file(text);
  sources.config_file = file.path();
  const Result<app::ResolvedOptions> resolved = app::resolve_options(sources);
  if (!resolved.ok()) {
    FUZZ_CHECK(resolved.error().kind == ErrorKind::InvalidRequest && !resolved.error().detail.empty());
    return;
  }
  const app::ServeOptions& options = resolved->options;
  FUZZ_CHECK(options.port >= 0 && options.port <= 65535);
  // Beyond loopback the control plane has a token that is not guessed: one is made where none is given.
  FUZZ_CHECK(app::is_loopback(options.host) || options.admin_token.empty() ||
             options.admin_token.size() >= 16);
  const Result<Json> document = parse_json(text);
  FUZZ_CHECK(document.ok() && document->is_object());
}

}  // namespace zest::fuzz

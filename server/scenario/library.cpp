#include "scenario/library.h"

#include <algorithm>

#include "base/embedded.h"
#include "base/file.h"
#include "base/nearest.h"

namespace zest::scenario {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kSchemaSuffix = ".schema.json";
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;  // [sandbox]

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_scenario_file(std::string_view name) {
  return ends_with(name, kSuffix) && !ends_with(name, kSchemaSuffix);
}

Result<Source> read_source(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxFileBytes));
  return Source::parse(path.string(), text);
}

Result<void> add_folder(const std::filesystem::path& folder, std::vector<Source>& sources) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (is_scenario_file(entry.path().filename().string())) files.push_back(entry.path());
  }
  if (failed) return make_error(ErrorKind::NotFound, folder.string() + " cannot be read");
  if (files.empty()) return make_error(ErrorKind::NotFound, folder.string() + " has no scenarios (*.json)");
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    ASSIGN_OR_RETURN(Source source, read_source(file));
    sources.push_back(std::move(source));
  }
  return {};
}

Result<Source> shipped(const std::string& word) {
  const std::string name = ends_with(word, kSuffix) ? word.substr(0, word.size() - kSuffix.size()) : word;
  std::vector<std::string> names;
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    if (scenario.name == name) return Source::parse(name, scenario.text);
    names.push_back(scenario.name);
  }
  const auto meant = nearest(name, names);
  return make_error(ErrorKind::NotFound, word + " is neither a file nor a shipped scenario; " +
                                             (meant ? "did you mean " + *meant + "?"
                                                    : "`zest-sandbox scenario list` shows those there are"));
}

}  // namespace

const std::vector<ShippedScenario>& shipped_scenarios() {
  static const std::vector<ShippedScenario> all = [] {
    std::vector<ShippedScenario> found;
    for (const embedded::EmbeddedFile& file : embedded::scenarios()) {
      if (!is_scenario_file(file.name) || file.name.find('/') != std::string_view::npos) continue;
      found.push_back({std::string(file.name.substr(0, file.name.size() - kSuffix.size())), file.bytes});
    }
    std::sort(found.begin(), found.end(),
              [](const ShippedScenario& a, const ShippedScenario& b) { return a.name < b.name; });
    return found;
  }();
  return all;
}

Result<std::vector<Source>> find_scenarios(const std::vector<std::string>& words) {
  std::vector<Source> sources;
  for (const std::string& word : words) {
    std::error_code failed;
    // A shell's *.json brings the schema along.
    if (words.size() > 1 && ends_with(word, kSchemaSuffix) && std::filesystem::exists(word, failed)) continue;
    if (std::filesystem::is_directory(word, failed)) {
      RETURN_IF_ERROR(add_folder(word, sources));
    } else if (std::filesystem::exists(word, failed)) {
      ASSIGN_OR_RETURN(Source source, read_source(word));
      sources.push_back(std::move(source));
    } else {
      ASSIGN_OR_RETURN(Source source, shipped(word));
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

}  // namespace zest::scenario

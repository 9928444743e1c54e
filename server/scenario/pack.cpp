#include "scenario/pack.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/embedded.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/object_reader.h"
#include "document/source.h"

namespace zest::scenario {
namespace {

constexpr std::string_view kPackFolder = "packs/";
constexpr std::size_t kMaxPackBytes = std::size_t{1} << 20;  // [sandbox]

Error wrong(const document::Source& source, const document::Place& at, const std::string& what) {
  return invalid_request(source.where(at) + ": " + what);
}

Result<Pack> read_pack(const std::string& name, const document::Source& source) {
  if (!source.findings().empty()) {
    const document::Finding& first = source.findings().front();
    return invalid_request(source.name() + ":" + std::to_string(first.at.line) + ":" +
                           std::to_string(first.at.column) + ": " + first.reason);
  }
  Pack pack;
  pack.name = name;
  const Json& root = source.root();
  if (member(root, "action") != nullptr) {
    pack.rules.push_back(root);
  } else {
    ObjectReader reader(root, "a pack", {"purpose", "rules"});
    reader.require("rules");
    pack.purpose = reader.text("purpose").value_or("");
    if (reader.error()) return wrong(source, "", reader.error()->detail);
    const Json& rules = *reader.any("rules");
    if (!rules.is_array() || rules.empty() || rules.size() > kMaxPackRules) {
      return wrong(source, document::child("", "rules"),
                   "\"rules\" must be a list of 1 to " + std::to_string(kMaxPackRules) + " chaos rules");
    }
    for (const Json& rule : rules) pack.rules.push_back(rule);
  }
  for (std::size_t index = 0; index < pack.rules.size(); ++index) {
    Json& rule = pack.rules[index];
    if (!rule.is_object()) {
      return wrong(source, document::child(document::child("", "rules"), index),
                   "a chaos rule is an object with \"on\" and \"action\"");
    }
    if (member(rule, "id") == nullptr) rule["id"] = name + "." + std::to_string(index + 1);
  }
  return pack;
}

std::string pack_name(const std::string& file) {
  const std::string name = std::filesystem::path(file).stem().string();
  return name.empty() || name == "-" ? "pack" : name;
}

}  // namespace

const std::vector<Pack>& shipped_packs() {
  static const std::vector<Pack> all = [] {
    std::vector<Pack> found;
    for (const embedded::EmbeddedFile& file : embedded::scenarios()) {
      if (!file.name.starts_with(kPackFolder)) continue;
      const std::string name = pack_name(std::string(file.name));
      Result<Pack> pack = read_pack(name, document::Source::parse(name, file.bytes));
      if (pack.ok()) found.push_back(std::move(*pack));
    }
    std::sort(found.begin(), found.end(), [](const Pack& a, const Pack& b) { return a.name < b.name; });
    return found;
  }();
  return all;
}

Result<Pack> find_pack(const std::string& word) {
  std::vector<std::string> names;
  for (const Pack& pack : shipped_packs()) {
    if (pack.name == word) return pack;
    names.push_back(pack.name);
  }
  std::error_code failed;
  if (std::filesystem::exists(word, failed)) {
    ASSIGN_OR_RETURN(const std::string text, read_file(word, kMaxPackBytes));
    return read_pack(pack_name(word), document::Source::parse(word, text));
  }
  const std::optional<std::string> meant = nearest(word, names);
  return make_error(ErrorKind::NotFound, word + " is neither a file nor a pack; " +
                                             (meant ? "did you mean " + *meant + "?"
                                                    : "`zest-sandbox chaos packs` shows those there are"));
}

}  // namespace zest::scenario

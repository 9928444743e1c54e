// The files of the web console and of the API reference: compiled into the binary, or read from a folder
// afresh at each call, for those who work on them. Thread-safety: all methods from any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace zest::console {

struct Asset {
  std::string bytes;
  std::string_view content_type;
  std::string etag;  // quoted, as the header field has it; differs when the bytes do
};

class Assets {
 public:
  // Without a folder: those in the binary.
  explicit Assets(std::optional<std::filesystem::path> folder = std::nullopt) : folder_(std::move(folder)) {}

  // `name`: a path below server/console, such as "views/clock.js". Nothing for a name that is none of ours:
  // only letters, digits, '_', '-', '.' and '/', no part that begins with a dot, and a kind of file that a
  // page needs.
  std::optional<Asset> find(std::string_view name) const;

 private:
  std::optional<std::filesystem::path> folder_;
};

}  // namespace zest::console

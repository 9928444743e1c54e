#include "console/assets.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/crypto.h"
#include "base/embedded.h"
#include "base/file.h"

namespace zest::console {
namespace {

constexpr std::size_t kLargestAsset = std::size_t{4} << 20;
constexpr std::size_t kEtagDigits = 16;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes = {
    {{".html", "text/html; charset=utf-8"},
     {".css", "text/css; charset=utf-8"},
     {".js", "text/javascript; charset=utf-8"},
     {".svg", "image/svg+xml"},
     {".txt", "text/plain; charset=utf-8"}}};

std::string_view type_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? "" : name.substr(dot);
  for (const auto& [known, type] : kTypes) {
    if (known == ending) return type;
  }
  return "";
}

bool is_plain(std::string_view name) {
  char before = '/';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '_' && c != '-' && c != '.' && c != '/') return false;
    if (before == '/' && (c == '.' || c == '/')) return false;
    before = c;
  }
  return !name.empty();
}

// A file of the folder itself: a link may lead anywhere, and a pipe has no end.
std::optional<std::filesystem::path> file_within(const std::filesystem::path& folder, std::string_view name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error) return std::nullopt;
  const fs::path file = fs::canonical(root / name, error);
  if (error || !fs::is_regular_file(file, error)) return std::nullopt;
  const bool inside = std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first == root.end();
  return inside ? std::optional(file) : std::nullopt;
}

Asset make_asset(std::string bytes, std::string_view type) {
  std::string etag = '"' + to_hex(sha256(bytes)).substr(0, kEtagDigits) + '"';
  return {std::move(bytes), type, std::move(etag)};
}

}  // namespace

std::optional<Asset> Assets::find(std::string_view name) const {
  const std::string_view type = type_of(name);
  if (type.empty() || !is_plain(name)) return std::nullopt;
  if (folder_) {
    const std::optional<std::filesystem::path> file = file_within(*folder_, name);
    if (!file) return std::nullopt;
    Result<std::string> bytes = read_file(*file, kLargestAsset);
    if (!bytes.ok()) return std::nullopt;
    return make_asset(std::move(bytes).value(), type);
  }
  const auto files = embedded::console();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [name](const embedded::EmbeddedFile& file) { return file.name == name; });
  if (found == files.end()) return std::nullopt;
  return make_asset(std::string(found->bytes), type);
}

}  // namespace zest::console

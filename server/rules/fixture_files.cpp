#include "rules/fixture_files.h"

#include <array>
#include <map>
#include <system_error>

#include "base/embedded.h"
#include "base/file.h"

namespace zest::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kContracts = "contracts/";
constexpr std::array<std::string_view, 4> kKindFolders = {"templates", "catalogs", "primitives", "samples"};
constexpr std::size_t kMaxFileBytes = std::size_t{4} * 1024 * 1024;

Error broken_path(const fs::path& path, const std::string& reason) {
  return make_error(ErrorKind::InvalidRequest, path.string() + ": " + reason);
}

Result<std::string> read_contract_file(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  // A pipe would hold up the start until somebody writes.
  if (!code && !fs::is_regular_file(status)) return broken_path(path, "is not a regular file");
  return read_file(path, kMaxFileBytes);
}

// The entries of a directory by name, hidden ones left out.
Result<std::map<std::string, fs::directory_entry>> entries_of(const fs::path& directory) {
  std::map<std::string, fs::directory_entry> entries;
  std::error_code code;
  fs::directory_iterator iterator(directory, code);
  for (; !code && iterator != fs::directory_iterator(); iterator.increment(code)) {
    const std::string name = iterator->path().filename().string();
    if (name.front() != '.') entries.emplace(name, *iterator);
  }
  if (code) return broken_path(directory, "cannot be read: " + code.message());
  return entries;
}

// Also true for what cannot be looked at: reading it then says why, instead of a built-in file taking its
// place.
bool is_present(const fs::path& path) {
  std::error_code ignored;
  return fs::status(path, ignored).type() != fs::file_type::not_found;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_kind(std::string_view name) {
  for (const std::string_view kind : kKindFolders) {
    if (kind == name) return true;
  }
  return false;
}

bool holds_kinds(const fs::path& directory) {
  for (const std::string_view kind : kKindFolders) {
    if (is_folder(directory / kind)) return true;
  }
  return false;
}

const embedded::EmbeddedFile* find_embedded(std::string_view name) {
  for (const embedded::EmbeddedFile& file : embedded::fixtures()) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

using FilesByName = std::map<std::string, FixtureFile>;

// Adds the files of one version's folder.
Result<void> add_version(const std::string& version, const fs::path& directory, FilesByName& files) {
  ASSIGN_OR_RETURN(const auto kinds, entries_of(directory));
  for (const auto& [kind, kind_entry] : kinds) {
    if (!is_folder(kind_entry.path())) {
      if (kind_entry.path().extension() != ".json") continue;
      return broken_path(kind_entry.path(),
                         "would be ignored here: put it into templates, catalogs, primitives or samples");
    }
    if (!is_kind(kind)) {
      return broken_path(kind_entry.path(),
                         "is an unknown folder: known are templates, catalogs, primitives and samples");
    }
    ASSIGN_OR_RETURN(const auto documents, entries_of(kind_entry.path()));
    for (const auto& [file_name, entry] : documents) {
      if (entry.path().extension() != ".json") continue;
      FixtureFile file;
      file.name = std::string(kContracts) + version + "/" + kind + "/" + file_name;
      file.origin = entry.path().string();
      file.from_overlay = true;
      ASSIGN_OR_RETURN(file.bytes, read_contract_file(entry.path()));
      files[file.name] = std::move(file);
    }
  }
  return {};
}

// The folder `partners` replaces the seeded partner and adds no others: a file that looks like one is refused
// rather than ignored.
Result<void> check_partners(const fs::path& directory) {
  ASSIGN_OR_RETURN(const auto entries, entries_of(directory));
  const std::string seeded = fs::path(kSeededPartnerFixture).filename().string();
  for (const auto& [name, entry] : entries) {
    if (name == seeded || entry.path().extension() != ".json") continue;
    return broken_path(entry.path(), "would be ignored here: " + seeded +
                                         " replaces the partner that is there from the start, others are "
                                         "registered with register-partner");
  }
  return {};
}

// Adds what the user's directory holds. With a folder `contracts` its sub-folders are the versions, without
// one those sub-folders of the directory itself are that hold a folder of some kind.
Result<void> add_overlay(const fs::path& directory, FilesByName& files) {
  const fs::path inner = directory / "contracts";
  const bool has_inner = is_present(inner);
  ASSIGN_OR_RETURN(const auto versions, entries_of(has_inner ? inner : directory));
  const bool has_partners = is_present(directory / "partners");
  if (has_partners) RETURN_IF_ERROR(check_partners(directory / "partners"));
  bool found_any = has_inner || has_partners;
  for (const auto& [name, entry] : versions) {
    if (is_folder(entry.path())) {
      if (!has_inner && !holds_kinds(entry.path())) continue;
      RETURN_IF_ERROR(add_version(name, entry.path(), files));
      found_any = true;
    } else if (has_inner && entry.path().extension() == ".json") {
      return broken_path(entry.path(),
                         "would be ignored here: its place is contracts/<version>/<kind>/<name>.json");
    }
  }
  if (!found_any) {
    return broken_path(
        directory,
        "holds no fixtures: expected contracts/<version>/<kind>/<name>.json or partners/acme.json");
  }
  return {};
}

// The file of that name in the user's directory; none when a built-in one takes its place.
std::optional<fs::path> overlay_path(const std::optional<fs::path>& overlay_dir, std::string_view name) {
  if (!overlay_dir) return std::nullopt;
  if (fs::path path = *overlay_dir / fs::path(name); is_present(path)) return path;
  const bool is_contract = name.substr(0, kContracts.size()) == kContracts;
  if (is_contract && !is_present(*overlay_dir / "contracts")) {
    if (fs::path path = *overlay_dir / fs::path(name.substr(kContracts.size())); is_present(path))
      return path;
  }
  return std::nullopt;
}

bool stays_inside(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  for (const fs::path& part : name) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

Result<std::string> read_fixture(const std::optional<fs::path>& overlay_dir, std::string_view name) {
  if (!stays_inside(fs::path(name))) {
    return make_error(
        ErrorKind::InvalidRequest,
        "'" + std::string(name) + "' is no path inside the fixtures: it must be relative, without '..'");
  }
  if (const std::optional<fs::path> path = overlay_path(overlay_dir, name)) return read_contract_file(*path);
  if (const embedded::EmbeddedFile* file = find_embedded(name)) return std::string(file->bytes);
  return make_error(
      ErrorKind::NotFound,
      "there is no fixture '" + std::string(name) + "'" +
          (overlay_dir ? ", neither in " + overlay_dir->string() + " nor built in" : std::string()));
}

std::string fixture_origin(const std::optional<fs::path>& overlay_dir, std::string_view name) {
  const std::optional<fs::path> path = overlay_path(overlay_dir, name);
  return path ? path->string() : "built-in " + std::string(name);
}

Result<std::vector<FixtureFile>> contract_files(const std::optional<fs::path>& overlay_dir) {
  FilesByName files;
  for (const embedded::EmbeddedFile& embedded_file : embedded::fixtures()) {
    const fs::path path(embedded_file.name);
    const bool is_document = embedded_file.name.substr(0, kContracts.size()) == kContracts &&
                             path.extension() == ".json" && is_kind(path.parent_path().filename().string());
    if (!is_document) continue;
    FixtureFile file;
    file.name = embedded_file.name;
    file.origin = "built-in " + file.name;
    file.bytes = embedded_file.bytes;
    files[file.name] = std::move(file);
  }
  if (overlay_dir) RETURN_IF_ERROR(add_overlay(*overlay_dir, files));
  std::vector<FixtureFile> sorted;
  for (auto& [name, file] : files) sorted.push_back(std::move(file));
  return sorted;
}

}  // namespace zest::rules

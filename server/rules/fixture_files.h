// Fixture files: those compiled into the binary, overlaid file by file with a directory of the user
// (`--fixtures DIR`). DIR is laid out like fixtures/ (contracts/<version>/<kind>/<name>.json,
// partners/acme.json and the key file it names); a DIR without a folder `contracts` may also hold the version
// folders themselves.
// Thread-safety: free functions; they read the file system.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace zest::rules {

// The partner that exists without any configuration; a directory of the user may replace it.
inline constexpr std::string_view kSeededPartnerFixture = "partners/acme.json";

struct FixtureFile {
  std::string name;    // path below fixtures/, e.g. contracts/1.0.0/samples/syndicate_primary.json
  std::string origin;  // for messages: the path on disk, or "built-in <name>"
  std::string bytes;
  bool from_overlay = false;
};

// The file of that name, from the directory when it has one, else the built-in one. Errors: NotFound when
// there is neither, InvalidRequest when the name leaves the directory or the file cannot be read; each names
// the file.
Result<std::string> read_fixture(const std::optional<std::filesystem::path>& overlay_dir,
                                 std::string_view name);

// Where read_fixture finds that name, for messages: the path on disk, or "built-in <name>".
std::string fixture_origin(const std::optional<std::filesystem::path>& overlay_dir, std::string_view name);

// Every contracts/<version>/<kind>/<name>.json, sorted by name. Errors: InvalidRequest for a directory that
// is missing, cannot be read, holds no fixtures at all, or holds a .json file or folder at a place where it
// would be ignored: under `contracts` outside the kinds, or beside the seeded partner.
Result<std::vector<FixtureFile>> contract_files(const std::optional<std::filesystem::path>& overlay_dir);

}  // namespace zest::rules

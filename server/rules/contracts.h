// The contracts that the sandbox serves and validates against: per version templates, catalogs, primitives
// and samples. Zest docs: contracts. Thread-safety: immutable after load; pointers into it live as long as it
// does, moves included.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rules/template.h"

namespace zest::rules {

class Contracts {
 public:
  enum class Kind { Templates, Catalogs, Primitives, Samples };

  // The built-in contracts, overlaid file by file with a directory (rules/fixture_files.h). Checks
  // everything: each template, and each sample against its template. A built-in sample that no longer fits a
  // template which the directory replaces is left out. Errors: InvalidRequest, one sentence with file, JSON
  // path and reason.
  static Result<Contracts> load(const std::optional<std::filesystem::path>& overlay_dir);

  const std::vector<std::string>& versions() const { return versions_; }  // ascending: 1.9.0 before 1.10.0
  // All documents of a kind, by name; nullptr for an unknown version.
  const std::vector<Json>* list(std::string_view version, Kind kind) const;
  // Their names; none for an unknown version.
  std::vector<std::string> names(std::string_view version, Kind kind) const;
  // One document, named by its file without ".json"; nullptr when there is none.
  const Json* find(std::string_view version, Kind kind, std::string_view name) const;
  const Template* find_template(std::string_view id, std::string_view version) const;

 private:
  friend class ContractsLoader;
  struct Shelf {
    std::vector<std::string> names;
    std::vector<Json> documents;  // in the order of names
  };
  struct Version {
    std::array<Shelf, 4> shelves;  // by Kind
    std::vector<Template> templates;
  };
  const Version* find_version(std::string_view version) const;

  std::vector<std::string> versions_;
  std::vector<Version> contents_;  // in the order of versions_
};

}  // namespace zest::rules

#include "rules/contracts.h"

#include <algorithm>
#include <map>

#include "rules/fixture_files.h"

namespace zest::rules {
namespace {

Error broken(const FixtureFile& file, const std::string& detail) {
  return make_error(ErrorKind::InvalidRequest, file.origin + ": " + detail);
}

// A document and where it came from.
struct Document {
  const FixtureFile* file = nullptr;
  std::string version;
  Contracts::Kind kind{};
  std::string name;
  Json json;
};

constexpr std::pair<std::string_view, Contracts::Kind> kKinds[] = {
    {"templates", Contracts::Kind::Templates},
    {"catalogs", Contracts::Kind::Catalogs},
    {"primitives", Contracts::Kind::Primitives},
    {"samples", Contracts::Kind::Samples},
};

// Names become parts of URLs.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

Result<Document> read_document(const FixtureFile& file) {
  const std::filesystem::path path(file.name);  // contracts/<version>/<kind>/<name>.json
  Document document;
  document.file = &file;
  document.version = path.parent_path().parent_path().filename().string();
  document.name = path.stem().string();
  const std::string kind = path.parent_path().filename().string();
  for (const auto& [name, value] : kKinds) {
    if (name == kind) document.kind = value;
  }
  if (!is_plain_name(document.name) || !is_plain_name(document.version)) {
    return broken(file, "the names of version and file may have letters, digits, '_', '-' and '.' only");
  }
  Result<Json> json = parse_json(file.bytes);
  if (!json.ok()) return broken(file, json.error().detail);
  if (!json->is_object()) return broken(file, "the document must be a JSON object");
  if (const std::optional<std::string> twice = find_duplicate_member(file.bytes)) {
    return broken(file, *twice + " is there twice");
  }
  document.json = std::move(json).value();
  return document;
}

// 1.9.0 before 1.10.0: runs of digits compare as numbers, anything else as text.
bool version_less(const std::string& a, const std::string& b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto run = [&is_digit](const std::string& text, std::size_t& at) {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    const std::size_t significant = std::min(text.find_first_not_of('0', start), at);
    return text.substr(significant, at - significant);
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string left = run(a, i);
      const std::string right = run(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

struct VersionLess {
  bool operator()(const std::string& a, const std::string& b) const { return version_less(a, b); }
};

}  // namespace

// Builds Contracts from the documents of all versions; each step needs the ones before it.
class ContractsLoader {
 public:
  explicit ContractsLoader(std::vector<Document> documents) {
    for (Document& document : documents) by_version_[document.version].push_back(std::move(document));
  }

  Result<Contracts> build() {
    Contracts contracts;
    for (auto& [version, documents] : by_version_) {
      Contracts::Version content;
      RETURN_IF_ERROR(add_templates(version, documents, content));
      const bool has_overlay = std::any_of(documents.begin(), documents.end(), [](const Document& document) {
        return document.file->from_overlay;
      });
      for (Document& document : documents) {
        if (document.kind == Contracts::Kind::Samples) {
          if (const std::optional<std::string> fault = fault_of_sample(document, content)) {
            // A built-in sample that does not fit what the user put in place of its template is not served.
            if (has_overlay && !document.file->from_overlay) continue;
            return broken(*document.file, *fault);
          }
        }
        Contracts::Shelf& shelf = content.shelves[static_cast<std::size_t>(document.kind)];
        shelf.names.push_back(document.name);
        shelf.documents.push_back(std::move(document.json));
      }
      contracts.versions_.push_back(version);
      contracts.contents_.push_back(std::move(content));
    }
    return contracts;
  }

 private:
  static Result<TemplateTypes> read_types(const std::vector<Document>& documents) {
    TemplateTypes types;
    for (const Document& document : documents) {
      if (document.kind != Contracts::Kind::Primitives) continue;
      const Json* definition = member(document.json, "definition");
      if (definition == nullptr) continue;
      const Result<void> checked = check_type_definition(document.name, *definition);
      if (!checked.ok()) return broken(*document.file, checked.error().detail);
      types.emplace(document.name, *definition);
    }
    return types;
  }

  Result<void> add_templates(const std::string& version, const std::vector<Document>& documents,
                             Contracts::Version& content) {
    ASSIGN_OR_RETURN(const TemplateTypes types, read_types(documents));
    for (const Document& document : documents) {
      if (document.kind != Contracts::Kind::Templates) continue;
      Result<Template> parsed = Template::parse(document.json, types);
      if (!parsed.ok()) return broken(*document.file, parsed.error().detail);
      if (parsed->id() != document.name) {
        return broken(*document.file,
                      "id is '" + parsed->id() + "', but the file's name says '" + document.name + "'");
      }
      if (parsed->version() != version) {
        return broken(*document.file, "version is '" + parsed->version() +
                                          "', but the file lies in the folder '" + version + "'");
      }
      content.templates.push_back(std::move(parsed).value());
    }
    return {};
  }

  static std::optional<std::string> fault_of_sample(const Document& document,
                                                    const Contracts::Version& content) {
    const std::string* id = string_member(document.json, "templateId");
    const std::string* version = string_member(document.json, "templateVersion");
    const Json* attributes = member(document.json, "attributes");
    if (id == nullptr) return "templateId must be a string";
    if (version == nullptr) return "templateVersion must be a string";
    if (attributes == nullptr || !attributes->is_object()) return "attributes must be an object";
    if (*version != document.version) {
      return "templateVersion is '" + *version + "', but the file lies in the folder '" + document.version +
             "'";
    }
    for (const Template& candidate : content.templates) {
      if (candidate.id() != *id) continue;
      const std::vector<Violation> violations = candidate.validate(*attributes);
      if (violations.empty()) return std::nullopt;
      return violations.front().field + " does not fit the template '" + *id + "' (" +
             violations.front().code + "): " + violations.front().message;
    }
    return "templateId names '" + *id + "', which is no template of version " + document.version;
  }

  std::map<std::string, std::vector<Document>, VersionLess> by_version_;
};

Result<Contracts> Contracts::load(const std::optional<std::filesystem::path>& overlay_dir) {
  ASSIGN_OR_RETURN(const std::vector<FixtureFile> files, contract_files(overlay_dir));
  std::vector<Document> documents;
  for (const FixtureFile& file : files) {
    ASSIGN_OR_RETURN(Document document, read_document(file));
    documents.push_back(std::move(document));
  }
  return ContractsLoader(std::move(documents)).build();
}

const Contracts::Version* Contracts::find_version(std::string_view version) const {
  const auto found = std::find(versions_.begin(), versions_.end(), version);
  if (found == versions_.end()) return nullptr;
  return &contents_[static_cast<std::size_t>(found - versions_.begin())];
}

const std::vector<Json>* Contracts::list(std::string_view version, Kind kind) const {
  const Version* content = find_version(version);
  return content == nullptr ? nullptr : &content->shelves[static_cast<std::size_t>(kind)].documents;
}

std::vector<std::string> Contracts::names(std::string_view version, Kind kind) const {
  const Version* content = find_version(version);
  return content == nullptr ? std::vector<std::string>()
                            : content->shelves[static_cast<std::size_t>(kind)].names;
}

const Json* Contracts::find(std::string_view version, Kind kind, std::string_view name) const {
  const Version* content = find_version(version);
  if (content == nullptr) return nullptr;
  const Shelf& shelf = content->shelves[static_cast<std::size_t>(kind)];
  const auto found = std::find(shelf.names.begin(), shelf.names.end(), name);
  return found == shelf.names.end() ? nullptr
                                    : &shelf.documents[static_cast<std::size_t>(found - shelf.names.begin())];
}

const Template* Contracts::find_template(std::string_view id, std::string_view version) const {
  const Version* content = find_version(version);
  if (content == nullptr) return nullptr;
  const auto found = std::find_if(content->templates.begin(), content->templates.end(),
                                  [id](const Template& candidate) { return candidate.id() == id; });
  return found == content->templates.end() ? nullptr : &*found;
}

}  // namespace zest::rules

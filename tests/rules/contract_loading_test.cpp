// Loading contracts and fixture files: the built-in ones, a user's directory over them, and what is wrong
// with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/crypto.h"
#include "rules/contracts.h"
#include "rules/fixture_files.h"
#include "rules/formats.h"
#include "support/temporary_folder.h"

namespace zest::rules {
namespace {

namespace fs = std::filesystem;
using Kind = Contracts::Kind;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A directory of the user's.
class Directory : public test::TemporaryFolder {
 public:
  Directory& add(const std::string& name, const std::string& bytes) {
    write(name, bytes);
    return *this;
  }
  std::string fault() const {
    const Result<Contracts> loaded = Contracts::load(path());
    return loaded.ok() ? "accepted" : loaded.error().detail;
  }
};

const char* const kSmallTemplate =
    R"({"id":"small","version":"1.0.0","attributes":{"name":{"type":"string","required":true}}})";

TEST(ContractsLoading, ShippedContractsAreServed) {
  const Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_THAT(loaded->versions(), ElementsAre("1.0.0"));
  for (const Kind kind : {Kind::Templates, Kind::Catalogs, Kind::Primitives, Kind::Samples}) {
    ASSERT_NE(loaded->list("1.0.0", kind), nullptr);
    EXPECT_FALSE(loaded->list("1.0.0", kind)->empty());
    EXPECT_EQ(loaded->list("2.0.0", kind), nullptr);
    EXPECT_EQ(loaded->find("1.0.0", kind, "nothing"), nullptr);
    EXPECT_EQ(loaded->find("2.0.0", kind, "syndicate_primary"), nullptr);
  }
  EXPECT_EQ(loaded->list("1.0.0", Kind::Templates)->size(), 2U);
  EXPECT_EQ(loaded->find_template("syndicate_primary", "1.0.1"), nullptr);
  EXPECT_EQ(loaded->find_template("other", "1.0.0"), nullptr);
  EXPECT_EQ(loaded->find_template("", ""), nullptr);
}

TEST(ContractsLoading, DefinitionsAreServedAsTheyAreInTheFile) {
  const Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok());
  for (const char* name : {"syndicate_primary", "syndicate_secondary"}) {
    const Result<std::string> bytes =
        read_fixture(std::nullopt, "contracts/1.0.0/templates/" + std::string(name) + ".json");
    ASSERT_TRUE(bytes.ok());
    const Json* served = loaded->find("1.0.0", Kind::Templates, name);
    ASSERT_NE(served, nullptr);
    EXPECT_EQ(dump_json_pretty(*served) + "\n", *bytes);
    EXPECT_EQ(dump_json(loaded->find_template(name, "1.0.0")->definition()), dump_json(*served));
  }
}

TEST(Rules, EveryTemplateHasASampleThatFits) {
  const Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok());
  for (const Json& definition : *loaded->list("1.0.0", Kind::Templates)) {
    const auto& id = definition["id"].get_ref<const std::string&>();
    const Json* sample = loaded->find("1.0.0", Kind::Samples, id);
    ASSERT_NE(sample, nullptr) << id;
    EXPECT_EQ((*sample)["templateId"], id);
    EXPECT_TRUE(loaded->find_template(id, "1.0.0")->validate((*sample)["attributes"]).empty());
  }
}

TEST(ContractsLoading, CatalogsAgreeWithTheCode) {
  const Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok());
  const auto values = [&loaded](const char* name) {
    std::vector<std::string> out;
    for (const Json& item : (*loaded->find("1.0.0", Kind::Catalogs, name))["values"])
      out.push_back(item["value"]);
    return out;
  };
  const std::vector<std::string> currencies(currency_codes().begin(), currency_codes().end());
  EXPECT_EQ(values("currencies"), currencies);
  const Json& attributes = loaded->find_template("syndicate_primary", "1.0.0")->definition()["attributes"];
  for (const auto& [attribute, catalog] :
       std::map<std::string, const char*>{{"deal_type", "deal_types"},
                                          {"security_type", "security_types"},
                                          {"status_tag", "status_tags"},
                                          {"deal_stage", "deal_stages"},
                                          {"deal_documents_media_type", "document_media_types"}}) {
    EXPECT_EQ(attributes[attribute]["enum"].get<std::vector<std::string>>(), values(catalog)) << attribute;
  }
}

TEST(ContractsLoading, PrimitivesFitTheirExamples) {
  const Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok());
  for (const Json& primitive : *loaded->list("1.0.0", Kind::Primitives)) {
    if (!primitive.contains("definition")) continue;
    const Result<Template> made = Template::parse(
        Json{{"id", "t"}, {"version", "1"}, {"attributes", {{"a", primitive["definition"]}}}});
    ASSERT_TRUE(made.ok()) << primitive["name"];
    for (const Json& example : primitive["examples"]) {
      EXPECT_TRUE(made->validate(Json{{"a", example}}).empty()) << primitive["name"] << " " << example;
    }
  }
}

TEST(ContractsLoading, DirectoryAddsAndReplacesFiles) {
  Directory directory;
  directory.add("contracts/1.0.0/templates/small.json", kSmallTemplate)
      .add("contracts/1.0.0/samples/small.json",
           R"({"templateId":"small","templateVersion":"1.0.0","attributes":{"name":"x"}})")
      .add("contracts/1.0.0/catalogs/deal_types.json", R"({"mine":true})")
      .add("contracts/1.10.0/catalogs/a.json", "{}")
      .add("contracts/1.9.0/catalogs/a.json", "{}")
      .add("contracts/1.0.0/templates/notes.txt", "ignored")
      .add("contracts/.hidden/templates/x.json", "ignored")
      .add("README.md", "ignored");
  const Result<Contracts> loaded = Contracts::load(directory.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_THAT(loaded->versions(), ElementsAre("1.0.0", "1.9.0", "1.10.0"));
  EXPECT_NE(loaded->find_template("small", "1.0.0"), nullptr);
  EXPECT_NE(loaded->find_template("syndicate_primary", "1.0.0"), nullptr);
  EXPECT_EQ(dump_json(*loaded->find("1.0.0", Kind::Catalogs, "deal_types")), R"({"mine":true})");
  EXPECT_TRUE(loaded->list("1.9.0", Kind::Templates)->empty());
}

TEST(ContractsLoading, DirectoryMayHoldTheVersionsThemselves) {
  Directory directory;
  directory.add("1.0.0/templates/small.json", kSmallTemplate).add("unrelated/file.txt", "");
  const Result<Contracts> loaded = Contracts::load(directory.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_NE(loaded->find_template("small", "1.0.0"), nullptr);
  EXPECT_EQ(*read_fixture(directory.path(), "contracts/1.0.0/templates/small.json"), kSmallTemplate);
}

TEST(ContractsLoading, BuiltInSampleOfAReplacedTemplateIsLeftOut) {
  Directory directory;
  directory.add("contracts/1.0.0/templates/syndicate_primary.json",
                R"({"id":"syndicate_primary","version":"1.0.0","attributes":{"name":{"type":"string"}}})");
  const Result<Contracts> loaded = Contracts::load(directory.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(loaded->find("1.0.0", Kind::Samples, "syndicate_primary"), nullptr);
  EXPECT_NE(loaded->find("1.0.0", Kind::Samples, "syndicate_secondary"), nullptr);
}

TEST(ContractsLoading, PointersSurviveMoves) {
  Result<Contracts> loaded = Contracts::load(std::nullopt);
  ASSERT_TRUE(loaded.ok());
  const Template* contract = loaded->find_template("syndicate_primary", "1.0.0");
  const Contracts moved = std::move(loaded).value();
  EXPECT_EQ(moved.find_template("syndicate_primary", "1.0.0"), contract);
}

TEST(ContractsLoading, BadFilesAreNamedWithPlaceAndReason) {
  const auto fault = [](const std::string& name, const std::string& bytes) {
    Directory directory;
    directory.add(name, bytes);
    const std::string detail = directory.fault();
    EXPECT_THAT(detail, StartsWith((directory.path() / name).string() + ": "));
    EXPECT_EQ(detail.find('\n'), std::string::npos);
    return detail;
  };
  const std::string small = "contracts/1.0.0/templates/small.json";
  EXPECT_THAT(fault(small, "{\n  \"id\": oops\n}"), HasSubstr("line 2, column 9"));
  EXPECT_THAT(fault(small, ""), HasSubstr("line 1"));
  EXPECT_THAT(fault(small, "[]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(fault(small, R"({"id":"small","version":"1.0.0","attributes":{"a":{"type":"text"}}})"),
              HasSubstr(": attributes.a.type is the unknown type 'text'"));
  EXPECT_THAT(fault(small, R"({"id":"big","version":"1.0.0","attributes":{"a":{"type":"string"}}})"),
              HasSubstr("id is 'big', but the file's name says 'small'"));
  EXPECT_THAT(fault(small, R"({"id":"small","version":"2.0.0","attributes":{"a":{"type":"string"}}})"),
              HasSubstr("version is '2.0.0', but the file lies in the folder '1.0.0'"));
  EXPECT_THAT(fault("contracts/2.0.0/templates/small.json",
                    R"({"id":"small","version":"2.0.0","attributes":{"a":{"type":"percent"}}})"),
              HasSubstr("attributes.a.type is the unknown type 'percent'"));
  EXPECT_THAT(fault("contracts/1.0.0/primitives/fee.json", R"({"definition":{"type":"nothing"}})"),
              HasSubstr("definition.type is the unknown type 'nothing'"));
  EXPECT_THAT(fault("contracts/1.0.0/catalogs/a b.json", "{}"), HasSubstr("letters, digits"));
}

TEST(Rules, AnAttributeThatATemplateNamesTwiceIsRefused) {
  const auto fault = [](const std::string& attributes) {
    return Directory()
        .add("contracts/1.0.0/templates/small.json",
             R"({"id":"small","version":"1.0.0","attributes":)" + attributes + "}")
        .fault();
  };
  EXPECT_THAT(fault(R"({"a":{"type":"string","required":true},"b":{"type":"money"},"a":{"type":"string"}})"),
              EndsWith("small.json: attributes.a is there twice"));
  EXPECT_THAT(fault(R"({"a":{"type":"string","maxLength":5,"max\u004cength":9}})"),
              EndsWith("attributes.a.maxLength is there twice"));
  EXPECT_EQ(fault(R"({"a":{"type":"list","items":{"type":"string"}},"b":{"type":"string"}})"), "accepted");
}

TEST(ContractsLoading, BadSamplesAreNamedWithPlaceAndReason) {
  const auto fault = [](const std::string& sample) {
    Directory directory;
    directory.add("contracts/1.0.0/templates/small.json", kSmallTemplate)
        .add("contracts/1.0.0/samples/mine.json", sample);
    const std::string detail = directory.fault();
    EXPECT_THAT(detail, HasSubstr("contracts/1.0.0/samples/mine.json: "));
    return detail;
  };
  EXPECT_THAT(fault("{}"), EndsWith("templateId must be a string"));
  EXPECT_THAT(fault(R"({"templateId":"small"})"), EndsWith("templateVersion must be a string"));
  EXPECT_THAT(fault(R"({"templateId":"small","templateVersion":"1.0.0"})"),
              EndsWith("attributes must be an object"));
  EXPECT_THAT(fault(R"({"templateId":"small","templateVersion":"3","attributes":{}})"),
              HasSubstr("templateVersion is '3'"));
  EXPECT_THAT(fault(R"({"templateId":"huge","templateVersion":"1.0.0","attributes":{}})"),
              EndsWith("templateId names 'huge', which is no template of version 1.0.0"));
  EXPECT_THAT(fault(R"({"templateId":"small","templateVersion":"1.0.0","attributes":{"name":1}})"),
              EndsWith("attributes.name does not fit the template 'small' (type): name must be a string"));
}

TEST(ContractsLoading, BadDirectoriesAreNamed) {
  Directory directory;
  EXPECT_THAT(directory.fault(),
              AllOf(StartsWith(directory.path().string()), HasSubstr("holds no fixtures")));
  const auto fault = [](const fs::path& path) { return Contracts::load(path).error().detail; };
  EXPECT_THAT(fault(directory.path() / "missing"), HasSubstr("missing: cannot be read: No such file"));
  directory.add("file", "");
  EXPECT_THAT(fault(directory.path() / "file"), HasSubstr("file: cannot be read: Not a directory"));
}

TEST(ContractsLoading, FilesThatWouldBeIgnoredAreRefused) {
  EXPECT_THAT(Directory().add("contracts/small.json", "{}").fault(), HasSubstr("would be ignored here"));
  EXPECT_THAT(Directory().add("contracts/1.0.0/small.json", "{}").fault(),
              HasSubstr("would be ignored here"));
  EXPECT_THAT(Directory().add("contracts/1.0.0/template/small.json", "{}").fault(),
              HasSubstr("is an unknown folder"));
  EXPECT_THAT(Directory().add("partners/mine.json", "{}").fault(),
              AllOf(HasSubstr("partners/mine.json: would be ignored here"), HasSubstr("register-partner")));
}

TEST(ContractsLoading, UnreadableFilesAreNamed) {
  Directory directory;
  fs::create_directories(directory.path() / "contracts/1.0.0/templates/folder.json");
  EXPECT_THAT(directory.fault(), EndsWith("folder.json: is not a regular file"));
  Directory other;
  fs::create_directories(other.path() / "contracts/1.0.0/templates");
  fs::create_symlink("nowhere", other.path() / "contracts/1.0.0/templates/dangling.json");
  EXPECT_THAT(other.fault(), HasSubstr("dangling.json cannot be read: No such file"));
  Directory large;
  large.add("contracts/1.0.0/catalogs/large.json", std::string(5'000'000, ' '));
  EXPECT_THAT(large.fault(), EndsWith("large.json is larger than 4 MiB"));
}

TEST(FixtureFiles, OverlayComesFirst) {
  Directory directory;
  directory.add("partners/acme.json", "mine");
  EXPECT_EQ(*read_fixture(directory.path(), "partners/acme.json"), "mine");
  EXPECT_EQ(*read_fixture(directory.path(), "partners/acme.dev-key.pem"),
            *read_fixture(std::nullopt, "partners/acme.dev-key.pem"));
  EXPECT_TRUE(Contracts::load(directory.path()).ok()) << "a directory with partners only is fine";
}

TEST(FixtureFiles, FaultsAreNamed) {
  Directory directory;
  EXPECT_EQ(read_fixture(std::nullopt, "partners/nobody.json").error().kind, ErrorKind::NotFound);
  EXPECT_THAT(read_fixture(directory.path(), "partners/nobody.json").error().detail,
              HasSubstr(directory.path().string()));
  for (const char* name : {"", "/etc/passwd", "../secret", "partners/../../secret"}) {
    EXPECT_EQ(read_fixture(directory.path(), name).error().kind, ErrorKind::InvalidRequest) << name;
  }
}

TEST(FixtureFiles, SeededPartnerIsConsistent) {
  const Result<std::string> text = read_fixture(std::nullopt, "partners/acme.json");
  ASSERT_TRUE(text.ok());
  const Result<Json> partner = parse_json(*text);
  ASSERT_TRUE(partner.ok());
  EXPECT_EQ((*partner)["clientId"], "client_acme");
  EXPECT_EQ((*partner)["name"], "Acme Portal");
  EXPECT_EQ((*partner)["tenantSlug"], "acme");
  const auto file = (*partner)["privateKeyFile"].get<std::string>();
  EXPECT_THAT(file, HasSubstr("dev-key")) << "the file says that this is no secret";
  const Result<std::string> pem = read_fixture(std::nullopt, "partners/" + file);
  ASSERT_TRUE(pem.ok());
  const Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(*pem);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ((*partner)["publicKey"], base64_encode(key->public_key()));
  const auto secret = (*partner)["webhookSecret"].get<std::string>();
  EXPECT_EQ(secret.size(), 70U);
  EXPECT_THAT(secret, StartsWith("whsec_"));
  EXPECT_TRUE(from_hex(secret.substr(6)).ok());
}

}  // namespace
}  // namespace zest::rules

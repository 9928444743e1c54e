// The tables that snapshots of 0.1.0 hold.
#include "store/sqlite/old_tables.h"

#include <memory>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

class OldTablesTest : public SqliteTest {
 protected:
  std::unique_ptr<OldTables> tables() { return OldTables::create(folder_.path(), log_).value(); }
  std::string refusal(const std::string& table, const std::string& row) {
    const Result<void> added = tables()->add_row(table, parse_json(row).value());
    if (added.ok()) return "added";
    EXPECT_EQ(added.error().kind, ErrorKind::InvalidRequest);
    return added.error().detail;
  }
};

TEST_F(OldTablesTest, RowsThatDoNotFitAreRefusedByTable) {
  const std::string begin = "The snapshot's table ";
  EXPECT_EQ(refusal("meta", "5"), begin + "\"meta\" holds a row that is no object.");
  EXPECT_EQ(refusal("meta", "{}"), begin + "\"meta\" holds an empty row.");
  EXPECT_EQ(refusal("meta", R"({"name) --": "x"})"), begin + "\"meta\" has an unknown column.");
  EXPECT_EQ(refusal("meta", R"({"name": 1.5})"),
            begin + "\"meta\" holds a value that is neither null, text, a 64-bit integer nor {\"$hex\": …}.");
  EXPECT_EQ(refusal("partners", R"({"public_key": {"$hex": "xyz"}})"),
            begin + "\"partners\" holds bytes that are no hexadecimal text.");
  EXPECT_EQ(refusal("partners", R"({"public_key": {"hex": "00"}})"),
            begin + "\"partners\" holds an object that is no {\"$hex\": …}.");
  EXPECT_EQ(refusal("lanes", R"({"high_water": 9223372036854775807})"),
            begin + "\"lanes\" holds an instant out of range in high_water.");
  EXPECT_EQ(refusal("chaos_deliveries", R"({"replays": "[{\"rule\":1}]"})"),
            begin + "\"chaos_deliveries\" holds a document that is not the JSON expected there.");
  EXPECT_EQ(refusal("meta", R"({"name": "x", "value": null})"),
            begin + "\"meta\" holds a row that does not fit: NOT NULL constraint failed: meta.value.");
  EXPECT_EQ(refusal("attempts", R"({"delivery": 4711})")
                .find(begin + "\"attempts\" holds a row that does not fit: "),
            0U);
}

TEST_F(OldTablesTest, WhatBelongedToTheOtherDatabaseIsLeftOut) {
  std::unique_ptr<OldTables> old = tables();
  ASSERT_TRUE(old->add_row("meta", Json{{"name", "local.token_secret"}, {"value", "forged"}}).ok());
  ASSERT_TRUE(old->add_row("meta", Json{{"name", "generation.x"}, {"value", "3"}}).ok());
  std::vector<StateItem> items;
  ASSERT_TRUE(old->visit([&items](const StateItem& item) -> Result<void> {
                   items.push_back(item);
                   return {};
                 })
                  .ok());
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(std::get<FormerPartner>(items[0]).generation, 3U);
}

TEST_F(OldTablesTest, RowsThatNoVersionWroteAreRefused) {
  std::unique_ptr<OldTables> old = tables();
  ASSERT_TRUE(
      old->add_row("spv_requests",
                   parse_json(R"({"slug": "svr_1", "client_id": "a", "tenant_slug": "t", "template_id": "t",
      "template_version": "1", "status": "approved", "created_at": 1, "updated_at": 1, "share_classes": "[5]",
      "attributes": "{}"})")
                       .value())
          .ok());
  const Result<void> visited = old->visit([](const StateItem&) -> Result<void> { return {}; });
  ASSERT_FALSE(visited.ok());
  EXPECT_EQ(visited.error().kind, ErrorKind::InvalidRequest);
  EXPECT_EQ(visited.error().detail,
            "The snapshot holds what no version wrote: The database holds a damaged row: share class.");
}

}  // namespace
}  // namespace zest::store

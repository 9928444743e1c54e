// The database that the build makes for temporary stores.
#include <fstream>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/embedded.h"
#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

class EmptyDatabase : public ::testing::Test {
 protected:
  // Everything that there is of a schema, and what stands in the header.
  static std::vector<std::string> content(Connection& db) {
    std::vector<std::string> found;
    for (const char* sql : {"SELECT type || ' ' || name || ' ' || tbl_name || ' ' || COALESCE(sql, '') FROM "
                            "sqlite_master ORDER BY rowid",
                            "SELECT 'version ' || user_version FROM pragma_user_version",
                            "SELECT 'application ' || application_id FROM pragma_application_id",
                            "SELECT 'encoding ' || encoding FROM pragma_encoding"}) {
      Query query = db.query(sql);
      while (query.step()) found.push_back(query.text());
    }
    return found;
  }

  test::TemporaryFolder folder_;
};

TEST_F(EmptyDatabase, IsWhatTheMigrationsMake) {
  const auto bytes = decompress(embedded::empty_database().front().bytes, std::size_t{1} << 20);
  ASSERT_TRUE(bytes);
  std::ofstream(folder_.path() / "image.db", std::ios::binary) << *bytes;
  Connection image(folder_.path() / "image.db");
  Connection migrated(folder_.path() / "migrated.db");
  migrate(migrated);
  EXPECT_EQ(content(image), content(migrated));
  EXPECT_FALSE(image.query("SELECT name FROM meta").step());
  Query check = image.query("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(), "ok");
}

}  // namespace
}  // namespace zest::store

// The database that the build makes for temporary stores.
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/embedded.h"
#include "store/sqlite/db.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sparse.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

TEST(Sparse, BytesComeBackAsTheyWere) {
  std::vector<std::string> samples = {"", "x", std::string(5000, '\0'), std::string("\0a\0", 3),
                                      "a" + std::string(7, '\0') + "b" + std::string(8, '\0') + "c"};
  std::mt19937 random(1);
  std::string mixed;
  for (int i = 0; i < 200; ++i) mixed += std::string(random() % 40, '\0') + std::string(random() % 5, '\xff');
  samples.push_back(mixed);
  for (const std::string& bytes : samples) EXPECT_EQ(with_zeros(without_zeros(bytes)), bytes);
  EXPECT_LT(without_zeros(std::string(1'000'000, '\0')).size(), 8U);
}

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
  const std::string_view kept = embedded::empty_database().front().bytes;
  ASSERT_FALSE(kept.empty());
  std::ofstream(folder_.path() / "image.db", std::ios::binary) << with_zeros(kept);
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

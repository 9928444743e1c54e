// Uploaded files: kept by their hash, removed when nothing refers to them.
#include <fstream>

#include "store/samples.h"

namespace zest::store {
namespace {

class Uploads : public StoreTest {
 protected:
  std::filesystem::path spool(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = store_->spool_dir() / name;
    std::ofstream(path) << bytes;
    return path;
  }
  std::string stored(char digit) {
    std::ifstream file(store_->upload_path(std::string(64, digit)));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  bool exists(char digit) { return std::filesystem::exists(store_->upload_path(std::string(64, digit))); }
  void keep(char digit) {
    ASSERT_TRUE(store_->keep_upload(spool(std::string("s") + digit, "bytes"), std::string(64, digit)).ok());
  }
  void refer(const std::string& slug, std::optional<char> digit) {
    change([&](Write& tx) {
      Subscription subscription = sample_subscription(slug, "a", "veh_" + slug, "psn_1");
      if (digit) subscription.form = sample_upload(*digit);
      tx.put_subscription(subscription);
    });
  }
};

TEST_F(Uploads, AreMovedToTheirHash) {
  const std::filesystem::path spooled = spool("one", "hello");
  ASSERT_TRUE(store_->keep_upload(spooled, std::string(64, 'a')).ok());
  EXPECT_FALSE(std::filesystem::exists(spooled));
  EXPECT_EQ(stored('a'), "hello");
  EXPECT_EQ(store_->upload_path(std::string(64, 'a')),
            database().string() + ".files/content/aa/" + std::string(64, 'a'));
  const std::filesystem::path again = spool("two", "hello");
  ASSERT_TRUE(store_->keep_upload(again, std::string(64, 'a')).ok());
  EXPECT_FALSE(std::filesystem::exists(again));
  EXPECT_TRUE(store_->keep_upload(again, std::string(64, 'a')).ok());
}

TEST_F(Uploads, AreFlushedWhenTheStoreIsDurable) {
  store_.reset();
  options_.database = database();
  options_.durable = true;
  store_ = Store::open(options_, log_).value();
  keep('d');
  EXPECT_EQ(stored('d'), "bytes");
}

TEST_F(Uploads, FailuresAreValues) {
  const Result<void> absent = store_->keep_upload(store_->spool_dir() / "absent", std::string(64, 'a'));
  EXPECT_EQ(absent.error().kind, ErrorKind::ServiceUnavailable);
  const Result<void> misnamed = store_->keep_upload(spool("x", "x"), "../../outside");
  EXPECT_EQ(misnamed.error().kind, ErrorKind::InternalError);
}

TEST_F(Uploads, SweepingSparesWhatIsReferredToAndWhatWasJustKept) {
  keep('a');
  refer("sub_1", 'a');
  keep('b');
  refer("sub_2", 'b');
  keep('c');  // its row is still on its way
  refer("sub_2", std::nullopt);
  const std::filesystem::path arriving = spool("arriving", "half a f");
  const std::filesystem::path stale = spool("stale", "from yesterday");
  std::filesystem::last_write_time(stale,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  store_->sweep_uploads();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('b'));
  EXPECT_TRUE(exists('c'));
  EXPECT_TRUE(std::filesystem::exists(arriving));
  EXPECT_FALSE(std::filesystem::exists(stale));
  change([](Write& tx) { tx.clear_partner_data("a"); });
  store_->sweep_uploads();
  EXPECT_FALSE(exists('a'));
}

TEST_F(Uploads, ANewStartSweepsWhatNobodyRefersTo) {
  keep('a');
  refer("sub_1", 'a');
  keep('c');
  const std::filesystem::path arriving = spool("arriving", "half a f");
  reopen();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('c'));
  EXPECT_FALSE(std::filesystem::exists(arriving));
}

}  // namespace
}  // namespace zest::store

// Uploaded files: kept by their hash, removed when nothing refers to them.
#include <fstream>
#include <string>
#include <vector>

#include "store/uploads_fixture.h"

namespace zest::store {
namespace {

using UploadsTest = WithUploads<ConformanceTest>;

TEST_P(UploadsTest, AreMovedToTheirHash) {
  const std::filesystem::path spooled = spool("one", "hello");
  ASSERT_TRUE(uploads().keep({{spooled, std::string(64, 'a')}}).ok());
  EXPECT_FALSE(std::filesystem::exists(spooled));
  EXPECT_EQ(stored('a'), "hello");
  const std::filesystem::path again = spool("two", "hello");
  ASSERT_TRUE(uploads().keep({{again, std::string(64, 'a')}}).ok());
  EXPECT_FALSE(std::filesystem::exists(again));
  EXPECT_TRUE(uploads().keep({{again, std::string(64, 'a')}}).ok());
}

TEST_P(UploadsTest, ThatWereDamagedAreMadeGoodByTheNextOfTheSameContent) {
  keep('a');
  std::ofstream(uploads().path(std::string(64, 'a'))) << "half";
  keep('a');
  EXPECT_EQ(stored('a'), "bytes");
}

TEST_P(UploadsTest, FailuresAreValues) {
  const Result<void> absent = uploads().keep({{uploads().spool_dir() / "absent", std::string(64, 'a')}});
  EXPECT_EQ(absent.error().kind, ErrorKind::ServiceUnavailable);
  const Result<void> misnamed = uploads().keep({{spool("x", "x"), "../../outside"}});
  EXPECT_EQ(misnamed.error().kind, ErrorKind::InternalError);
}

TEST_P(UploadsTest, SweepingSparesWhatIsReferredToAndWhatWasJustKept) {
  keep('a');
  refer("sub_1", 'a');
  keep('b');
  refer("sub_2", 'b');
  keep('c');  // its row is still on its way
  refer("sub_2", std::nullopt);
  const std::filesystem::path arriving = spool("upload-arriving", "half a f");
  const std::filesystem::path stale = spool("upload-stale", "from yesterday");
  std::filesystem::last_write_time(stale,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('b'));
  EXPECT_TRUE(exists('c'));
  EXPECT_TRUE(std::filesystem::exists(arriving));
  EXPECT_FALSE(std::filesystem::exists(stale));
  change([](Write& tx) { tx.clear_partner_data("a"); });
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_P(UploadsTest, WhatWasReplacedStaysUntilItsTimeHasCome) {
  keep('a');
  change([](Write& tx) { tx.keep_replaced_upload({"a", std::string(64, 'a'), at(100)}); });
  change([](Write& tx) { tx.keep_replaced_upload({"a", std::string(64, 'a'), at(50)}); });  // never earlier
  uploads().sweep();
  reopen();
  EXPECT_TRUE(exists('a'));
  change([](Write& tx) {
    EXPECT_EQ(tx.forget_replaced_uploads("b", at(200)), 0U);
    EXPECT_EQ(tx.forget_replaced_uploads("a", at(99)), 0U);
  });
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  change([](Write& tx) { EXPECT_EQ(tx.forget_replaced_uploads("a", at(100)), 1U); });
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_P(UploadsTest, GivingUpWhatWasKeptLeavesItToTheNextSweep) {
  keep('a');
  keep('a');  // twice under way
  uploads().give_up({{{}, std::string(64, 'a')}});
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  uploads().give_up({{{}, std::string(64, 'a')}});
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_P(UploadsTest, AHoldSparesEverythingUntilTheLastOneEnds) {
  keep('a');
  refer("sub_1", 'a');
  Uploads::Hold first = uploads().hold();
  Uploads::Hold second = uploads().hold();
  refer("sub_1", std::nullopt);
  uploads().sweep();
  first.reset();
  EXPECT_TRUE(exists('a'));
  second.reset();
  EXPECT_FALSE(exists('a'));
}

// More than are looked at in one body of the writer.
TEST_P(UploadsTest, ASweepOfManySparesTheOneThatIsReferredTo) {
  const auto name = [](int i) {
    std::string digits = std::to_string(i);
    return std::string(64 - digits.size(), '0') + digits;
  };
  std::vector<Uploads::Spooled> files;
  for (int i = 0; i < 250; ++i) files.push_back({spool("s" + std::to_string(i), "x"), name(i)});
  ASSERT_TRUE(uploads().keep(files).ok());
  uploads().give_up(files);
  change([&name](Write& tx) { tx.keep_replaced_upload({"a", name(120), at(1)}); });
  uploads().sweep();
  for (int i = 0; i < 250; ++i) EXPECT_EQ(std::filesystem::exists(uploads().path(name(i))), i == 120) << i;
}

TEST_P(UploadsTest, ANewStartSweepsWhatNobodyRefersTo) {
  keep('a');
  refer("sub_1", 'a');
  keep('c');
  const std::filesystem::path arriving = spool("upload-arriving", "half a f");
  reopen();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('c'));
  EXPECT_FALSE(std::filesystem::exists(arriving));
}

ZEST_FOR_EVERY_BACKEND(UploadsTest);

}  // namespace
}  // namespace zest::store

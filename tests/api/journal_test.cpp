#include "api/pipeline/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

JournalEntry entry(std::string client_id, std::string method, std::string path, int status) {
  JournalEntry made;
  made.client_id = std::move(client_id);
  made.method = std::move(method);
  made.path = std::move(path);
  made.status = status;
  return made;
}

std::vector<std::uint64_t> found(const Journal& journal, const JournalFilter& filter) {
  std::vector<std::uint64_t> sequences;
  for (const JournalEntry& each : journal.find(filter, 0, 100, nullptr)) sequences.push_back(each.sequence);
  return sequences;
}

Journal& fill(Journal& journal) {
  journal.add(entry("a", "GET", "/v1/spv-requests?page=2", 200));
  journal.add(entry("b", "POST", "/v1/spv-requests", 201));
  JournalEntry failed = entry("a", "GET", "/v1/spv-requests/svr_1", 404);
  failed.error_id = "e-1";
  failed.error_code = "not_found";
  journal.add(failed);
  return journal;
}

TEST(Journal, AnswersNewestFirst) {
  Journal journal(10);
  EXPECT_THAT(found(fill(journal), {}), ElementsAre(3, 2, 1));
}

TEST(Journal, KeepsTheNewestOnly) {
  Journal journal(2);
  EXPECT_THAT(found(fill(journal), {}), ElementsAre(3, 2));
}

TEST(Journal, WithoutCapacityKeepsNothingButTells) {
  Journal journal(0);
  int told = 0;
  journal.on_add([&told](const JournalEntry&) { ++told; });
  EXPECT_THAT(found(fill(journal), {}), IsEmpty());
  EXPECT_EQ(told, 3);
}

TEST(Journal, FiltersByEveryMember) {
  Journal journal(10);
  fill(journal);
  JournalFilter filter;
  filter.client_id = "a";
  EXPECT_THAT(found(journal, filter), ElementsAre(3, 1));
  filter.status = 404;
  EXPECT_THAT(found(journal, filter), ElementsAre(3));
  filter = {};
  filter.error_id = "e-1";
  EXPECT_THAT(found(journal, filter), ElementsAre(3));
  filter = {};
  filter.idempotency_key = "k";
  EXPECT_THAT(found(journal, filter), IsEmpty());
}

TEST(Journal, PathIsExactOrAPrefix) {
  Journal journal(10);
  fill(journal);
  JournalFilter filter;
  filter.path = "/v1/spv-requests";
  EXPECT_THAT(found(journal, filter), ElementsAre(2, 1));
  filter.path = "/v1/spv-requests?page=2";
  EXPECT_THAT(found(journal, filter), ElementsAre(1));
  filter.path = "/v1/*";
  EXPECT_THAT(found(journal, filter), ElementsAre(3, 2, 1));
}

TEST(Journal, PagesAndCounts) {
  Journal journal(10);
  fill(journal);
  std::size_t count = 0;
  const std::vector<JournalEntry> page = journal.find({}, 1, 1, &count);
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].sequence, 2U);
  EXPECT_EQ(count, 3U);
}

TEST(Journal, ForgetsOnePartner) {
  Journal journal(10);
  fill(journal);
  EXPECT_EQ(journal.clear("a"), 2U);
  EXPECT_THAT(found(journal, {}), ElementsAre(2));
  EXPECT_EQ(journal.clear(std::nullopt), 1U);
}

TEST(JournalEntry, LeavesOutWhatHasNoValue) {
  JournalEntry made = entry("a", "GET", "/v1/contracts", 200);
  made.client_id.reset();
  made.sequence = 7;
  EXPECT_EQ(dump_json(to_json(made)), R"({"sequence":7,"method":"GET","path":"/v1/contracts","status":200,)"
                                      R"("wallTime":"1970-01-01T00:00:00.000Z","durationMs":0})");
}

}  // namespace
}  // namespace zest::api

#include "api/pipeline/list_answer.h"

#include <gtest/gtest.h>

#include "api/pipeline/readers.h"
#include "base/file.h"
#include "support/temporary_folder.h"

namespace zest::api {
namespace {

// The answer's bytes, wherever they are.
std::string bytes_of(const Answer& answer) {
  return answer.file ? *read_file("/proc/self/fd/" + std::to_string(answer.file->get())) : answer.body;
}

TEST(ListText, IsTheSameTextInMemoryAndInAFile) {
  const test::TemporaryFolder folder;
  for (const std::size_t documents : {0U, 1U, 3U, 50U}) {
    for (const std::size_t size : {1U, 100'000U, 2'000'000U}) {
      if (documents * size > 50'000'000) continue;
      ListText text(folder.path());
      Json list = Json::array();
      for (std::size_t i = 0; i < documents; ++i) {
        const Json document{{"i", i}, {"text", std::string(size, 'x')}};
        ASSERT_TRUE(text.add(document).ok());
        list.push_back(document);
      }
      const Result<Answer> answer = text.finish(1000 + documents, store::Page{20, 50});
      ASSERT_TRUE(answer.ok());
      EXPECT_EQ(answer->file != nullptr, documents * size > ListText::kInMemory);
      EXPECT_TRUE(bytes_of(*answer) ==
                  dump_json(list_json(std::move(list), 1000 + documents, store::Page{20, 50})));
    }
  }
  EXPECT_EQ(folder.file_count(), 0U);
}

// Given up or not, and if the process dies.
TEST(ListText, LeavesNoFile) {
  const test::TemporaryFolder folder;
  ListText text(folder.path());
  ASSERT_TRUE(text.add(Json(std::string(2'000'000, 'x'))).ok());
  EXPECT_EQ(folder.file_count(), 0U);
  EXPECT_NE(text.finish(1, store::Page{0, 1})->file, nullptr);
}

TEST(ListText, ThatCannotBeStoredIsUnavailable) {
  ListText text("/nowhere");
  const Result<void> added = text.add(Json(std::string(2'000'000, 'x')));
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(added.error().detail,
            "the sandbox cannot store the text of a long list: No such file or directory");
}

}  // namespace
}  // namespace zest::api

#include "api/pipeline/uploads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::api {
namespace {

using ::testing::ElementsAre;

http::Part field(std::string name, std::string value) {
  http::Part part;
  part.name = std::move(name);
  part.value = std::move(value);
  return part;
}

http::Part file(std::string content_type = "application/pdf", std::uint64_t size = 3) {
  http::Part part;
  part.name = "file";
  part.filename = "a.pdf";
  part.content_type = std::move(content_type);
  part.size = size;
  part.sha256 = std::string(32, '\xab');
  return part;
}

template <class... Parts>
std::vector<http::Part> parts(Parts... each) {
  std::vector<http::Part> all;
  (all.push_back(std::move(each)), ...);
  return all;
}

std::vector<std::string> broken(const Result<UploadParts>& read) {
  std::vector<std::string> rows;
  if (read.ok()) return rows;
  EXPECT_EQ(read.error().kind, ErrorKind::ValidationError);
  for (const Violation& each : read.error().violations) rows.push_back(each.field + " " + each.code);
  return rows;
}

TEST(UploadParts, GivesHashSizeAndPlainType) {
  const std::vector<http::Part> sent = parts(field("note", "x"), file("Image/PNG; name=a", 7));
  const Result<UploadParts> read = read_form_parts(sent);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->file, &sent[1]);
  EXPECT_EQ(read->upload.size, 7U);
  EXPECT_EQ(read->upload.content_type, "image/png");
  EXPECT_EQ(read->upload.sha256.substr(0, 4), "abab");
}

TEST(UploadParts, ReadsTheFundingFields) {
  const std::vector<http::Part> sent =
      parts(field("amount", "50000.00"), field("currency", "USD"), field("wireReference", "W 1"), file());
  const Result<UploadParts> read = read_funding_parts(sent);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->funding.amount, "50000.00");
  EXPECT_EQ(read->funding.currency, "USD");
  EXPECT_EQ(read->funding.wire_reference, "W 1");
}

TEST(UploadParts, ReportsEveryMissingPart) {
  EXPECT_THAT(broken(read_funding_parts({})),
              ElementsAre("amount required", "currency required", "wireReference required", "file required"));
}

TEST(UploadParts, ReportsEveryBadValue) {
  EXPECT_THAT(broken(read_funding_parts(parts(field("amount", "1e3"), field("currency", "usd"),
                                              field("wireReference", " "), file("application/pdf", 0)))),
              ElementsAre("amount format", "currency format", "wireReference required", "file required"));
  EXPECT_THAT(broken(read_funding_parts(parts(field("amount", "-0.00"), field("currency", "EUR"),
                                              field("wireReference", "\xff"), file()))),
              ElementsAre("amount min_value", "wireReference format"));
}

TEST(UploadParts, EveryPartComesOnce) {
  EXPECT_THAT(broken(read_form_parts(parts(file(), file()))), ElementsAre("file type"));
}

TEST(UploadParts, FieldSentAsFileIsNoField) {
  http::Part amount = field("amount", "");
  amount.filename = "amount.txt";
  EXPECT_THAT(broken(read_funding_parts(
                  parts(std::move(amount), field("currency", "EUR"), field("wireReference", "w"), file()))),
              ElementsAre("amount type"));
}

TEST(UploadParts, FileWithoutTypeIsUnsupportedBeforeAnythingElse) {
  const Result<UploadParts> read = read_funding_parts(parts(field("file", "bytes")));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::UnsupportedMediaType);
}

}  // namespace
}  // namespace zest::api

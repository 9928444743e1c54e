#include "http/multipart.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/crypto.h"
#include "http/body.h"
#include "listener_fixture.h"

namespace zest::http {
namespace {

class Recorder final : public MultipartParser::Sink {
 public:
  bool begin_part(PartHeader header) override {
    headers.push_back(std::move(header));
    contents.emplace_back();
    return true;
  }
  bool part_bytes(std::string_view bytes) override {
    contents.back() += bytes;
    return true;
  }
  bool end_part() override {
    ++ended;
    return true;
  }

  std::vector<PartHeader> headers;
  std::vector<std::string> contents;
  std::size_t ended = 0;
};

std::string problem_of(std::string_view body, std::string_view boundary = "b") {
  std::string problem;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, body.size()}) {
    Recorder recorder;
    MultipartParser parser(boundary, recorder);
    bool fine = true;
    for (std::size_t at = 0; at < body.size() && fine; at += piece)
      fine = parser.feed(body.substr(at, piece));
    fine = fine && parser.finish();
    EXPECT_EQ(fine, parser.problem().empty());
    if (piece > 1) {
      EXPECT_EQ(parser.problem(), problem);
    }
    problem = parser.problem();
  }
  return problem;
}

std::string field(const std::string& disposition, const std::string& value, const std::string& more = "") {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + value + "\r\n";
}

TEST(MultipartParser, ReadsPartsHoweverTheyAreCut) {
  const std::string body =
      "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\n1\r\n--b \t\r\n"
      "content-disposition:form-data;name=two;filename=\"a \\\"b\\\\ c.pdf\"\r\n"
      "Content-Type: application/pdf\r\n\r\n\r\n--bx\r\n--b-\r\n-\r\r\n\r\n--b\r\n"
      "Content-Disposition: form-data; name=\"one\"\r\n\r\n\r\n--b--\r\nepilogue --b--";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    Recorder recorder;
    MultipartParser parser("b", recorder);
    for (std::size_t at = 0; at < body.size(); at += piece) {
      ASSERT_TRUE(parser.feed(std::string_view(body).substr(at, piece))) << parser.problem() << " at " << at;
    }
    ASSERT_TRUE(parser.finish()) << piece;
    ASSERT_EQ(recorder.headers.size(), 3U) << piece;
    EXPECT_EQ(recorder.ended, 3U);
    EXPECT_EQ(recorder.headers[0].name, "one");
    EXPECT_FALSE(recorder.headers[0].is_file());
    EXPECT_EQ(recorder.contents[0], "1");
    EXPECT_EQ(recorder.headers[1].name, "two");
    EXPECT_EQ(recorder.headers[1].filename, "a \"b\\ c.pdf");
    EXPECT_EQ(recorder.headers[1].content_type, "application/pdf");
    EXPECT_EQ(recorder.contents[1], "\r\n--bx\r\n--b-\r\n-\r\r\n");
    EXPECT_EQ(recorder.contents[2], "");
  }
}

TEST(MultipartParser, AcceptsABodyWithoutParts) { EXPECT_EQ(problem_of("--b--"), ""); }

TEST(MultipartParser, DecodesExtendedFileNames) {
  Recorder recorder;
  MultipartParser parser("b", recorder);
  ASSERT_TRUE(parser.feed(field("name=f; filename*=UTF-8''%C3%A9.pdf", "x") + "--b--"));
  EXPECT_EQ(recorder.headers.at(0).filename, "\xC3\xA9.pdf");
}

// Browsers of old, and clients that were never told, write file names in an encoding of their own.
TEST(MultipartParser, AFileNameThatCannotBeReadIsLeftOut) {
  for (const std::string filename :
       {"filename=\"caf\xE9.pdf\"", "filename*=ISO-8859-1''caf%E9.pdf", "filename*=UTF-8''caf%E9.pdf",
        "filename*=UTF-8''a%0D%0Ab", "filename*=caf"}) {
    Recorder recorder;
    MultipartParser parser("b", recorder);
    ASSERT_TRUE(parser.feed(field("name=file; " + filename, "x") + "--b--")) << filename << parser.problem();
    EXPECT_EQ(recorder.headers.at(0).filename, "") << filename;
    EXPECT_TRUE(recorder.headers.at(0).is_file());
  }
}

TEST(MultipartParser, TellsFilesFromFields) {
  const auto is_file = [](std::optional<std::string> filename, std::optional<std::string> type,
                          const char* name) {
    return PartHeader{name, std::move(filename), std::move(type)}.is_file();
  };
  EXPECT_TRUE(is_file("a.pdf", std::nullopt, "x"));
  EXPECT_TRUE(is_file("", std::nullopt, "x"));
  EXPECT_TRUE(is_file(std::nullopt, "application/pdf", "x"));
  EXPECT_TRUE(is_file(std::nullopt, "text/plain", "file"));
  EXPECT_FALSE(is_file(std::nullopt, "Text/Plain; charset=utf-8", "x"));
  EXPECT_FALSE(is_file(std::nullopt, std::nullopt, "file"));
}

TEST(MultipartParser, RefusesMalformedBodies) {
  EXPECT_EQ(problem_of(""), "the final boundary is missing");
  EXPECT_EQ(problem_of("no boundary at all"), "the final boundary is missing");
  EXPECT_EQ(problem_of(field("name=a", "1")), "the final boundary is missing");
  EXPECT_EQ(problem_of("--b\nContent-Disposition: form-data; name=a\n\n1\n--b--\n"),
            "a boundary line does not end in CR LF");
  EXPECT_EQ(problem_of("--b\r\n\r\n1\r\n--b--"), "a part has no Content-Disposition");
  EXPECT_EQ(problem_of("--b\r\nX: 1\r\n\r\n1\r\n--b--"), "a part has no Content-Disposition");
  EXPECT_EQ(problem_of(field("filename=a", "1") + "--b--"), "a part has no name");
  for (const std::string& disposition : {std::string("name=\"a"), std::string("name=a; name=b"),
                                         std::string("name"), std::string("name=\"a\"x")}) {
    EXPECT_EQ(problem_of(field(disposition, "1") + "--b--"),
              "a part's Content-Disposition is not a well-formed form-data")
        << disposition;
  }
  EXPECT_EQ(problem_of("--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--"),
            "a part's Content-Disposition is not a well-formed form-data");
  EXPECT_EQ(problem_of("--b\r\n" + std::string(9000, 'x')), "a part's header is too long");
}

TEST(MultipartParser, RefusesInjectedLineBreaksAndFolding) {
  EXPECT_EQ(problem_of(field("name=\"a\rb\"", "1") + "--b--"),
            "a part's header has characters that are not allowed");
  EXPECT_EQ(problem_of(field("name=\"a\nb\"", "1") + "--b--"),
            "a part's header has characters that are not allowed");
  EXPECT_EQ(problem_of(field("name=\"a\xFF\"", "1") + "--b--"),
            "a part's name has characters that are not allowed");
  EXPECT_EQ(problem_of(field("name=a", "1", " folded\r\n") + "--b--"), "a part's header line is malformed");
  EXPECT_EQ(problem_of(field("name=a", "1", "Content-Disposition: form-data; name=b\r\n") + "--b--"),
            "a part has two Content-Disposition headers");
  EXPECT_EQ(problem_of(field("name=a", "1", "Content-Transfer-Encoding: base64\r\n") + "--b--"),
            "a part's Content-Transfer-Encoding is not supported");
}

TEST(MultipartParser, FindsTheBoundary) {
  EXPECT_EQ(MultipartParser::boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(MultipartParser::boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\""), "a b:c");
  EXPECT_EQ(MultipartParser::boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')),
            std::string(70, 'x'));
  for (const std::string& type :
       {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""), std::string("multipart/mixed; boundary=a"),
        "multipart/form-data; boundary=" + std::string(71, 'x'),
        std::string("multipart/form-data; boundary=a; boundary=b"),
        std::string("multipart/form-data; boundary=\"a \"")}) {
    EXPECT_EQ(MultipartParser::boundary_of(type), std::nullopt) << type;
  }
}

class BodyReaderTest : public ::testing::Test {
 protected:
  TakeBody take() const {
    TakeBody taken;
    taken.limit = 4096;
    taken.multipart = true;
    taken.spool_dir = folder_.path();
    taken.file_limit = 10;
    return taken;
  }
  static RequestHead head() {
    RequestHead head;
    head.headers.add("Content-Type", "multipart/form-data; boundary=b");
    return head;
  }
  std::optional<BodyStop> read(BodyReader& reader, const std::string& body) const {
    Framing framing;
    framing.length = body.size();
    if (auto stop = reader.begin(head(), framing)) return stop;
    if (auto stop = reader.feed(body)) return stop;
    return reader.finish();
  }
  std::optional<Refusal> refusal(const std::string& body) const {
    BodyReader reader(take(), limits_);
    const auto stop = read(reader, body);
    if (!stop || !std::holds_alternative<Problem>(*stop)) return std::nullopt;
    return std::get<Problem>(*stop).refusal;
  }

  test::TemporaryFolder folder_;
  Limits limits_;
};

TEST_F(BodyReaderTest, SpoolsFilesWithTheirDigest) {
  {
    BodyReader reader(take(), limits_);
    ASSERT_FALSE(read(reader, field("name=kind", "passport") +
                                  field("name=file; filename=a.pdf", "0123456789") +
                                  field("name=file; filename=\"\"", "") + "--b--\r\n"));
    const std::vector<Part> parts = reader.take_parts();
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[0].value, "passport");
    EXPECT_EQ(parts[0].size, 8U);
    EXPECT_FALSE(parts[0].filename.has_value());
    EXPECT_EQ(parts[1].filename, "a.pdf");
    EXPECT_EQ(parts[1].size, 10U);
    EXPECT_EQ(parts[1].sha256, sha256("0123456789"));
    std::ifstream file(parts[1].file.path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "0123456789");
    EXPECT_EQ(parts[2].filename, "");
    EXPECT_EQ(parts[2].sha256, sha256(""));
    EXPECT_EQ(folder_.file_count(), 2U);
  }
  EXPECT_EQ(folder_.file_count(), 0U);
}

TEST_F(BodyReaderTest, EnforcesTheFileLimitToTheByte) {
  EXPECT_EQ(refusal(field("name=file; filename=a", std::string(10, 'x')) + "--b--"), std::nullopt);
  EXPECT_EQ(refusal(field("name=file; filename=a", std::string(11, 'x')) + "--b--"), Refusal::FileTooLarge);
  EXPECT_EQ(folder_.file_count(), 0U);
}

TEST_F(BodyReaderTest, BoundsFieldsPartsAndTheWhole) {
  limits_.multipart_field_bytes = 5;
  limits_.multipart_parts = 2;
  EXPECT_EQ(refusal(field("name=a", "12345") + "--b--"), std::nullopt);
  EXPECT_EQ(refusal(field("name=a", "123456") + "--b--"), Refusal::BodyTooLarge);
  EXPECT_EQ(refusal(field("name=a", "1") + field("name=b", "2") + field("name=c", "3") + "--b--"),
            Refusal::MalformedMultipart);
  EXPECT_EQ(refusal("--b--\r\n" + std::string(4096, 'x')), Refusal::BodyTooLarge);
}

TEST_F(BodyReaderTest, ReportsADiskThatDoesNotTakeTheFile) {
  TakeBody taken = take();
  taken.spool_dir = folder_.path() / "missing";
  BodyReader reader(std::move(taken), limits_);
  const auto stop = read(reader, field("name=file; filename=a", "x") + "--b--");
  ASSERT_TRUE(stop.has_value());
  EXPECT_EQ(std::get<Problem>(*stop).refusal, Refusal::StorageFailed);
}

TEST_F(BodyReaderTest, AsksAboutEachPartAsSoonAsItsHeaderIsKnown) {
  TakeBody taken = take();
  std::vector<std::string> seen;
  taken.on_part = [&seen](const Part& part) -> std::optional<Response> {
    seen.push_back(part.name);
    if (part.content_type != "text/html") return std::nullopt;
    return testing::text(415, "no");
  };
  BodyReader reader(std::move(taken), limits_);
  Framing framing;
  framing.length = 1000;
  ASSERT_FALSE(reader.begin(head(), framing));
  const auto stop =
      reader.feed(field("name=a", "1") + "--b\r\nContent-Disposition: form-data; name=file\r\n" +
                  "Content-Type: text/html\r\n\r\n");
  ASSERT_TRUE(stop.has_value());
  EXPECT_EQ(std::get<Response>(*stop).status, 415);
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "file"}));
}

}  // namespace
}  // namespace zest::http

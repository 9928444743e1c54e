// A multipart body, its Content-Type in the first line: the parts are the same however the bytes arrive.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "http/message.h"
#include "http/multipart.h"

namespace zest::fuzz {
namespace {

struct SeenPart {
  http::PartHeader header;
  std::string content;
  bool ended = false;
};

class Parts final : public http::MultipartParser::Sink {
 public:
  bool begin_part(http::PartHeader header) override {
    FUZZ_CHECK(seen.empty() || seen.back().ended);
    seen.push_back({std::move(header), "", false});
    return seen.size() <= 20;
  }
  bool part_bytes(std::string_view bytes) override {
    FUZZ_CHECK(!bytes.empty() && !seen.empty() && !seen.back().ended);
    seen.back().content.append(bytes);
    return true;
  }
  bool end_part() override {
    FUZZ_CHECK(!seen.empty() && !seen.back().ended);
    seen.back().ended = true;
    return true;
  }
  std::vector<SeenPart> seen;
};

struct Taken {
  std::vector<SeenPart> parts;
  bool complete = false;
  std::string problem;
};

Taken take(const std::string& boundary, std::string_view body, std::size_t piece) {
  Parts parts;
  http::MultipartParser parser(boundary, parts);
  bool going_on = true;
  for (std::size_t at = 0; going_on && at < body.size(); at += piece)
    going_on = parser.feed(body.substr(at, piece));
  Taken taken;
  taken.complete = going_on && parser.finish();
  taken.problem = parser.problem();
  taken.parts = std::move(parts.seen);
  return taken;
}

void check_same(const Taken& a, const Taken& b) {
  FUZZ_CHECK(a.complete == b.complete && a.problem == b.problem && a.parts.size() == b.parts.size());
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    const SeenPart& one = a.parts[i];
    const SeenPart& other = b.parts[i];
    FUZZ_CHECK(one.header.name == other.header.name && one.header.filename == other.header.filename);
    FUZZ_CHECK(one.header.content_type == other.header.content_type && one.ended == other.ended);
    // Of a part that is cut off, more or less may have come through.
    FUZZ_CHECK(!one.ended || one.content == other.content);
  }
}

}  // namespace

FUZZ_TARGET(multipart, Bytes) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  const auto boundary = http::MultipartParser::boundary_of(input.substr(0, end));
  if (!boundary) return;
  FUZZ_CHECK(!boundary->empty() && boundary->size() <= 70);
  const Taken whole = take(*boundary, body, std::max<std::size_t>(body.size(), 1));
  if (whole.complete) {
    for (const SeenPart& part : whole.parts) {
      FUZZ_CHECK(part.ended && http::is_valid_utf8(part.header.name));
      FUZZ_CHECK(part.content.find("\r\n--" + *boundary + "\r\n") == std::string::npos);
    }
  } else {
    FUZZ_CHECK(whole.parts.size() > 20 || !whole.problem.empty());
  }
  for (const std::size_t piece : {1U, 5U, 64U}) check_same(whole, take(*boundary, body, piece));
}

}  // namespace zest::fuzz

// A chunked body: the content is the same however the bytes arrive, and never one byte more than was sent.
#include <string>

#include "fuzz/target.h"
#include "http/framing.h"

namespace zest::fuzz {
namespace {

struct Unchunked {
  std::string content;
  std::size_t used = 0;
  bool done = false;
  std::string problem;
};

Unchunked unchunk(std::string_view bytes, std::size_t piece) {
  http::ChunkedDecoder decoder;
  Unchunked result;
  const auto sink = [&result](std::string_view content) {
    result.content.append(content);
    return true;
  };
  while (result.used < bytes.size() && !decoder.done() && !decoder.problem()) {
    const std::string_view next = bytes.substr(result.used, piece);
    const std::size_t used = decoder.feed(next, sink);
    FUZZ_CHECK(used == next.size() || decoder.done() || decoder.problem());
    result.used += used;
  }
  result.done = decoder.done();
  result.problem = decoder.problem().value_or("");
  return result;
}

}  // namespace

FUZZ_TARGET(http_body, Bytes) {
  const Unchunked whole = unchunk(input, input.size());
  FUZZ_CHECK(whole.content.size() <= whole.used && whole.used <= input.size());
  FUZZ_CHECK(!(whole.done && !whole.problem.empty()));
  for (const std::size_t piece : {1U, 7U}) {
    const Unchunked pieces = unchunk(input, piece);
    FUZZ_CHECK(pieces.content == whole.content && pieces.used == whole.used);
    FUZZ_CHECK(pieces.done == whole.done && pieces.problem == whole.problem);
  }
}

}  // namespace zest::fuzz

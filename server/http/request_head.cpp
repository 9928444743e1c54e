#include "http/request_head.h"

#include <algorithm>
#include <array>

namespace zest::http {
namespace {

bool is_withheld(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kWithheld = {"REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR",
                                                                "LOCAL_PORT"};
  return std::any_of(kWithheld.begin(), kWithheld.end(),
                     [name](std::string_view withheld) { return equal_ignoring_case(name, withheld); });
}

}  // namespace

std::variant<RequestHead, Problem> request_head(const GatedHead& gated) {
  RequestHead head;
  head.method = std::string(gated.method);
  head.target = std::string(gated.target);
  head.path = std::string(gated.path);
  head.query = std::string(gated.query);
  head.headers.reserve(gated.fields.size());
  for (const auto& [name, value] : gated.fields) {
    const std::size_t line = name.size() + 2 + value.size();
    if (line > kLongestHeadLine && !equal_ignoring_case(name, "Cookie")) {
      return Problem{Refusal::HeadersTooLarge, "a header is longer than 8 KiB"};
    }
    if (!is_withheld(name)) head.headers.add(std::string(name), std::string(value));
  }
  return head;
}

}  // namespace zest::http

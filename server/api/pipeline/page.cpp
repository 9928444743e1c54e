#include "api/pipeline/page.h"

#include <algorithm>

#include "base/text.h"

namespace zest::api {
namespace {

constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The part of `text` before `separator`, which is taken away from it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = without_blanks(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "q=0", "q=0.000": not wanted.
bool is_refusal(std::string_view parameter) {
  if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=')
    return false;
  return std::all_of(parameter.begin() + 2, parameter.end(), [](char c) { return c == '0' || c == '.'; });
}

}  // namespace

bool asks_for_page(const http::RequestHead& head) {
  for (const auto& [name, value] : head.headers.fields()) {
    if (!http::equal_ignoring_case(name, "accept")) continue;
    std::string_view ranges = value;
    while (!ranges.empty()) {
      std::string_view range = take_until(ranges, ',');
      if (!http::equal_ignoring_case(take_until(range, ';'), "text/html")) continue;
      bool refused = false;
      while (!range.empty()) refused = is_refusal(take_until(range, ';')) || refused;
      if (!refused) return true;
    }
  }
  return false;
}

void add_page_headers(Answer& answer) {
  answer.headers.emplace_back("Content-Security-Policy", kPagePolicy);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  answer.headers.emplace_back("Cache-Control", "no-cache");
}

Answer page_answer(std::string html) {
  Answer answer;
  answer.body = std::move(html);
  answer.content_type = "text/html; charset=utf-8";
  add_page_headers(answer);
  return answer;
}

Answer asset_answer(console::Asset asset, const http::RequestHead& head) {
  Answer answer;
  answer.content_type = asset.content_type;
  add_page_headers(answer);
  answer.headers.emplace_back("ETag", asset.etag);
  const std::string* known = head.headers.find("if-none-match");
  if (known != nullptr && *known == asset.etag) {
    answer.status = 304;
  } else {
    answer.body = std::move(asset.bytes);
  }
  return answer;
}

}  // namespace zest::api

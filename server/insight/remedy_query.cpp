// The query of a list as it would be taken; declared in remedy.h.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/nearest.h"
#include "insight/remedy.h"
#include "protocol/statuses.h"

namespace zest::insight {
namespace {

constexpr int kMostPerPage = 100;  // Zest docs: conventions/pagination

using Query = std::vector<std::pair<std::string, std::string>>;
Query parsed(std::string_view query) {
  Query pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
  return pairs;
}

std::string mended_parameter(std::string_view name, const Query& sent, std::vector<std::string>& changes) {
  std::vector<std::string> values;
  for (const auto& [key, value] : sent) {
    if (key == name) values.push_back(value);
  }
  if (values.empty()) return "";
  const std::string& last = values.back();
  std::string right = last;
  if (name == "status") {
    std::vector<std::string> words;
    for (const SpvStatus status :
         {SpvStatus::PendingReview, SpvStatus::Approved, SpvStatus::Rejected, SpvStatus::Cancelled})
      words.emplace_back(to_string(status));
    if (std::find(words.begin(), words.end(), last) == words.end()) right = nearest(last, words).value_or("");
  } else {
    long number = 0;
    const auto [end, problem] = std::from_chars(last.data(), last.data() + last.size(), number);
    const bool whole = problem == std::errc() && end == last.data() + last.size() && !last.empty();
    const long most = name == "perPage" ? kMostPerPage : number;
    right = whole ? std::to_string(std::max(1L, std::min(number, most))) : name == "page" ? "1" : "10";
  }
  if (values.size() > 1) changes.push_back("send " + std::string(name) + " once");
  if (right.empty()) {
    changes.push_back("leave out the query parameter " + std::string(name));
  } else if (right != last) {
    changes.push_back("set the query parameter " + std::string(name) + " to " + right + " instead of " +
                      last);
  }
  return right;
}

}  // namespace

std::string mended_list_query(std::string_view query, std::vector<std::string>& changes) {
  const Query sent = parsed(query);
  std::string kept;
  for (const std::string_view name : {"page", "perPage", "status"}) {
    const std::string value = mended_parameter(name, sent, changes);
    if (!value.empty()) kept += (kept.empty() ? "?" : "&") + std::string(name) + "=" + value;
  }
  return kept;
}

}  // namespace zest::insight

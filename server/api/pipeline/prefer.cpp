#include "api/pipeline/prefer.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "chaos/rule.h"

namespace zest::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// RFC 7240, 2: a value may stand in quotes.
std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

Result<void> read_code(std::string_view value, Fault& fault) {
  int status = 0;
  const char* end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, status);
  if (problem != std::errc() || stop != end || !chaos::is_fault_status(status)) {
    return refusal(Rule::PreferHeader, ErrorKind::InvalidRequest,
                   "Prefer: code must be " + chaos::fault_statuses());
  }
  fault.instead_of = status;
  return {};
}

Result<void> read_delay(std::string_view value, Fault& fault) {
  const Result<Duration> delay = parse_duration(value);
  if (!delay.ok() || *delay > chaos::kMaxLatency) {
    return refusal(Rule::PreferHeader, ErrorKind::InvalidRequest,
                   "Prefer: delay must be a duration such as 500ms or 2s, at most 60s");
  }
  fault.delay = *delay;
  return {};
}

constexpr std::string_view kDropBeforeExecute = "drop-before-execute";
constexpr std::string_view kDropAfterCommit = "drop-after-commit";

Result<void> read_fault(std::string_view value, Fault& fault) {
  if (value == kDropBeforeExecute) {
    fault.drop = Fault::Drop::BeforeExecute;
  } else if (value == kDropAfterCommit) {
    fault.drop = Fault::Drop::AfterCommit;
  } else {
    return refusal(Rule::PreferHeader, ErrorKind::InvalidRequest,
                   "Prefer: fault must be drop-before-execute or drop-after-commit" +
                       did_you_mean(value, {kDropBeforeExecute, kDropAfterCommit}));
  }
  return {};
}

}  // namespace

Result<std::optional<Fault>> read_preferred_fault(const http::RequestHead& head) {
  Fault fault;
  for (const auto& [name, field] : head.headers.fields()) {
    if (!http::equal_ignoring_case(name, "Prefer")) continue;
    std::string_view rest = field;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view preference = trimmed(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      const std::size_t equals = preference.find('=');
      const std::string_view key = trimmed(preference.substr(0, equals));
      const std::string_view value = equals == std::string_view::npos
                                         ? std::string_view{}
                                         : unquoted(trimmed(preference.substr(equals + 1)));
      if (http::equal_ignoring_case(key, "code")) {
        RETURN_IF_ERROR(read_code(value, fault));
      } else if (http::equal_ignoring_case(key, "delay")) {
        RETURN_IF_ERROR(read_delay(value, fault));
      } else if (http::equal_ignoring_case(key, "fault")) {
        RETURN_IF_ERROR(read_fault(value, fault));
      } else {
        continue;
      }
      fault.name += (fault.name.empty() ? "" : ", ") + std::string(preference);
    }
  }
  if (fault.name.empty()) return std::optional<Fault>();
  fault.preferred = true;
  return std::optional<Fault>(std::move(fault));
}

}  // namespace zest::api

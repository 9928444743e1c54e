#include "api/prefer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace zest::api {
namespace {

constexpr std::array<std::pair<std::string_view, ErrorKind>, 9> kCodes = {
    {{"400", ErrorKind::InvalidRequest},
     {"401", ErrorKind::InvalidToken},
     {"403", ErrorKind::Forbidden},
     {"404", ErrorKind::NotFound},
     {"409", ErrorKind::Conflict},
     {"413", ErrorKind::PayloadTooLarge},
     {"415", ErrorKind::UnsupportedMediaType},
     {"500", ErrorKind::InternalError},
     {"503", ErrorKind::ServiceUnavailable}}};

Error invalid(std::string detail) { return make_error(ErrorKind::InvalidRequest, std::move(detail)); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Result<void> read_code(std::string_view value, PreferredFault& fault) {
  if (value == "422") {
    fault.unprocessable = true;
    return {};
  }
  const auto* found =
      std::find_if(kCodes.begin(), kCodes.end(), [value](const auto& entry) { return entry.first == value; });
  if (found == kCodes.end()) {
    return invalid("Prefer: code must be 400, 401, 403, 404, 409, 413, 415, 422, 500 or 503");
  }
  fault.error = found->second;
  return {};
}

Result<void> read_delay(std::string_view value, PreferredFault& fault) {
  const Result<Duration> delay = parse_duration(value);
  if (!delay.ok() || *delay > kMaxPreferredDelay) {
    return invalid("Prefer: delay must be a duration such as 500ms or 2s, at most 60s");
  }
  fault.delay = *delay;
  return {};
}

Result<void> read_fault(std::string_view value, PreferredFault& fault) {
  if (value == "drop-before-execute") {
    fault.drop = PreferredFault::Drop::BeforeExecute;
  } else if (value == "drop-after-commit") {
    fault.drop = PreferredFault::Drop::AfterCommit;
  } else {
    return invalid("Prefer: fault must be drop-before-execute or drop-after-commit");
  }
  return {};
}

}  // namespace

Result<std::optional<PreferredFault>> read_preferred_fault(const http::RequestHead& head) {
  PreferredFault fault;
  for (const auto& [name, field] : head.headers.fields()) {
    if (!http::equal_ignoring_case(name, "Prefer")) continue;
    std::string_view rest = field;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view preference = trimmed(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      const std::size_t equals = preference.find('=');
      const std::string_view key = trimmed(preference.substr(0, equals));
      const std::string_view value =
          equals == std::string_view::npos ? std::string_view{} : trimmed(preference.substr(equals + 1));
      if (key == "code") {
        RETURN_IF_ERROR(read_code(value, fault));
      } else if (key == "delay") {
        RETURN_IF_ERROR(read_delay(value, fault));
      } else if (key == "fault") {
        RETURN_IF_ERROR(read_fault(value, fault));
      } else {
        continue;
      }
      fault.applied += (fault.applied.empty() ? "" : ", ") + std::string(preference);
    }
  }
  if (fault.applied.empty()) return std::optional<PreferredFault>();
  return std::optional<PreferredFault>(std::move(fault));
}

}  // namespace zest::api

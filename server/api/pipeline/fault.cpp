#include "api/pipeline/fault.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/pipeline/errors.h"
#include "api/pipeline/router.h"

namespace zest::api {
namespace {

constexpr int kUnprocessable = 422;
constexpr int kBadGateway = 502;
constexpr int kGatewayTimeout = 504;

constexpr std::array<std::pair<int, ErrorKind>, 10> kKinds = {{{400, ErrorKind::InvalidRequest},
                                                               {401, ErrorKind::InvalidToken},
                                                               {403, ErrorKind::Forbidden},
                                                               {404, ErrorKind::NotFound},
                                                               {409, ErrorKind::Conflict},
                                                               {413, ErrorKind::PayloadTooLarge},
                                                               {415, ErrorKind::UnsupportedMediaType},
                                                               {429, ErrorKind::ServiceUnavailable},
                                                               {500, ErrorKind::InternalError},
                                                               {503, ErrorKind::ServiceUnavailable}}};

std::optional<ErrorKind> kind_of(int status) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [status](const auto& entry) { return entry.first == status; });
  return found == kKinds.end() ? std::nullopt : std::optional<ErrorKind>(found->second);
}

std::string gateway_title(int status) {
  switch (status) {
    case 429:
      return "429 Too Many Requests";
    case 502:
      return "502 Bad Gateway";
    case 503:
      return "503 Service Unavailable";
    case 504:
      return "504 Gateway Time-out";
    default:
      return std::to_string(status);
  }
}

// As nginx words it.
http::Response gateway_response(int status, GatewayBody body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/html";
  if (body == GatewayBody::Html) {
    const std::string title = gateway_title(status);
    answer.body = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
                  "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
  }
  return to_response(std::move(answer));
}

http::Response zest_response(int status, const std::string& detail, const std::string& error_id,
                             std::string& code) {
  const std::optional<ErrorKind> kind = kind_of(status);
  if (!kind) {
    const Json row{{"loc", Json::array({"body"})}, {"msg", detail}, {"type", "value_error"}};
    return to_response(json_answer(kUnprocessable, Json{{"detail", Json::array({row})}}));
  }
  code = error_form(*kind).code;
  http::Response response = error_response(make_error(*kind, detail), error_id);
  response.status = status;
  return response;
}

// Unknown members in the object and in those of its lists, as a later version of the API may have them.
void add_members(http::Response& response) {
  Result<Json> answer = parse_json(response.body);
  if (!answer.ok() || !answer->is_object()) return;
  const Json more{{"since", "2.0.0"}, {"list", Json::array({1, nullptr})}};
  for (auto& member : answer->items()) {
    if (!member.value().is_array()) continue;
    for (Json& row : member.value()) {
      if (row.is_object()) row["futureMember"] = more;
    }
  }
  (*answer)["futureMember"] = more;
  response.body = dump_json(*answer);
}

}  // namespace

http::Response fault_response(const Fault& fault, int status, const std::string& detail,
                              const std::string& error_id, std::string& code) {
  code.clear();
  const bool gateways = status == kBadGateway || status == kGatewayTimeout;
  http::Response response = gateways || fault.gateway_body
                                ? gateway_response(status, fault.gateway_body.value_or(GatewayBody::Html))
                                : zest_response(status, detail, error_id, code);
  if (fault.retry_after) {
    response.headers.set("Retry-After", std::to_string((fault.retry_after->count() + 999) / 1000));
  }
  return response;
}

void spoil(http::Response& response, const Fault& fault) {
  if (fault.extra_members) add_members(response);
  if (fault.empty_body) {
    response.body.clear();
    response.file.reset();
  }
  if (fault.truncate) response.cut = http::Cut{fault.truncate_after};
  response.bytes_per_second = fault.bytes_per_second;
  response.hold += fault.delay_after_commit;
}

}  // namespace zest::api

#include "api/pipeline/fault.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/pipeline/errors.h"
#include "api/pipeline/router.h"

namespace zest::api {
namespace {

constexpr int kUnprocessable = 422;

constexpr std::array<std::pair<int, ErrorKind>, 9> kKinds = {{{400, ErrorKind::InvalidRequest},
                                                              {401, ErrorKind::InvalidToken},
                                                              {403, ErrorKind::Forbidden},
                                                              {404, ErrorKind::NotFound},
                                                              {409, ErrorKind::Conflict},
                                                              {413, ErrorKind::PayloadTooLarge},
                                                              {415, ErrorKind::UnsupportedMediaType},
                                                              {500, ErrorKind::InternalError},
                                                              {503, ErrorKind::ServiceUnavailable}}};

std::optional<ErrorKind> kind_of(int status) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [status](const auto& entry) { return entry.first == status; });
  return found == kKinds.end() ? std::nullopt : std::optional<ErrorKind>(found->second);
}

}  // namespace

http::Response fault_response(int status, const std::string& detail, const std::string& error_id,
                              std::string& code) {
  const std::optional<ErrorKind> kind = kind_of(status);
  if (!kind) {
    code.clear();
    const Json row{{"loc", Json::array({"body"})}, {"msg", detail}, {"type", "value_error"}};
    return to_response(json_answer(kUnprocessable, Json{{"detail", Json::array({row})}}));
  }
  code = error_form(*kind).code;
  return error_response(make_error(*kind, detail), error_id);
}

}  // namespace zest::api

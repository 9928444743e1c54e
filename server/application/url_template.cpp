#include "application/url_template.h"

#include <algorithm>

#include "application/description.h"
#include "base/text.h"
#include "client/webhook_handler.h"
#include "document/shape_check.h"
#include "document/values.h"
#include "http/message.h"

namespace zest::application {
namespace {

constexpr std::string_view kPersonNames[] = {"zestPersonId", "personId"};

// As {kind} stands in URLs.
std::string_view kind_in_url(Resource resource) {
  return resource == Resource::SpvRequest ? "spv-request" : to_string(resource);
}

}  // namespace

bool walk_template(std::string_view text, const std::function<void(std::string_view, bool is_name)>& each) {
  while (!text.empty()) {
    const std::size_t open = text.find_first_of("{}");
    each(text.substr(0, open), false);
    if (open == std::string_view::npos) return true;
    const std::size_t close = text.find('}', open);
    if (text[open] == '}' || close == std::string_view::npos) return false;
    each(text.substr(open + 1, close - open - 1), true);
    text.remove_prefix(close + 1);
  }
  return true;
}

Result<void> check_template(std::string_view text, const std::vector<std::string>& known) {
  std::string unknown;
  const bool whole = walk_template(text, [&](std::string_view piece, bool is_name) {
    if (is_name && std::find(known.begin(), known.end(), piece) == known.end()) unknown = piece;
  });
  if (!whole) return invalid_request("a brace has no partner");
  if (unknown.empty()) return {};
  return invalid_request("there is no {" + unknown + "}; " + document::suggestion(unknown, known));
}

Result<std::string> fill_template(std::string_view text, const Json& names) {
  std::string filled;
  std::string missing;
  walk_template(text, [&](std::string_view piece, bool is_name) {
    if (!is_name) {
      filled += piece;
      return;
    }
    const std::string value = document::shown_member(names, piece);
    if (value.empty()) missing = piece;
    filled += http::percent_encode(value);
  });
  if (!missing.empty())
    return make_error(ErrorKind::NotFound, "nothing is known that {" + missing + "} stands for");
  return filled;
}

Json names_of(const Json& envelope) {
  Json names = Json::object();
  if (const Json* data = member(envelope, "data"); data && data->is_object()) names = *data;
  for (const char* name : {"eventId", "eventType"}) {
    if (const Json* value = member(envelope, name)) names[name] = *value;
  }
  for (const std::string_view name : kPersonNames) {
    for (const std::string_view other : kPersonNames) {
      if (!member(names, other) && member(names, name))
        names[std::string(other)] = Json(*member(names, name));
    }
  }
  const std::string subject = client::subject_of(envelope);
  names["subject"] = subject;
  if (const std::optional<Resource> resource = resource_of(subject)) names["kind"] = kind_in_url(*resource);
  return names;
}

Json names_of_subject(const std::string& subject) {
  const std::optional<Resource> resource = resource_of(subject);
  const char* name = resource == Resource::SpvRequest     ? "spvRequestSlug"
                     : resource == Resource::Subscription ? "subscriptionSlug"
                                                          : "zestPersonId";
  return names_of(Json{{"data", {{name, subject}}}});
}

std::vector<std::string> names_known(const std::vector<EventType>& types) {
  std::vector<std::string> names = {"subject", "kind"};
  const auto add = [&names](std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  };
  for (const EventType type : types) {
    for (const std::string_view name : row_of(kEventTypeTable, type).data) add(name);
  }
  for (const std::string_view name : kPersonNames) {
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    for (const std::string_view other : kPersonNames) add(other);
  }
  add("eventId");
  add("eventType");
  return names;
}

}  // namespace zest::application

#include "application/driver.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "application/url_template.h"
#include "document/values.h"

namespace zest::application {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kLook{50};
constexpr int kPage = 100;

// How scenarios call what an action makes.
struct ShortName {
  std::string_view variable;
  std::string_view name;
};
constexpr ShortName kShortNames[] = {
    {"svr", "spvRequestSlug"}, {"spv", "spvSlug"}, {"person", "zestPersonId"}, {"sub", "subscriptionSlug"}};

std::string_view slug_name(Resource resource) {
  switch (resource) {
    case Resource::SpvRequest:
      return "spvRequestSlug";
    case Resource::Subscription:
      return "subscriptionSlug";
    case Resource::Investor:
      return "zestPersonId";
  }
  return "";
}

std::uint64_t sequence_of(const Json& entry) {
  const Json* value = member(entry, "sequence");
  return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

bool is_success(const Json& entry) {
  const Json* status = member(entry, "status");
  return status && status->is_number_integer() && status->get<int>() / 100 == 2;
}

}  // namespace

Result<Bookmark> Driver::bookmark() const {
  const client::Query newest{{"clientId", client_id_}, {"perPage", "1"}};
  ASSIGN_OR_RETURN(const Json entries, control_.requests(newest));
  ASSIGN_OR_RETURN(const Json deliveries, control_.deliveries(newest));
  Bookmark mark;
  if (const Json* row = reach(entries, "documents[0]")) mark.sequence = sequence_of(*row);
  if (const Json* row = reach(deliveries, "documents[0]")) mark.delivery = text_member(*row, "deliveryId");
  return mark;
}

Result<std::vector<Json>> Driver::calls_since(const Bookmark& bookmark) const {
  std::vector<Json> calls;
  for (int page = 1;; ++page) {
    ASSIGN_OR_RETURN(const Json list, control_.requests({{"clientId", client_id_},
                                                         {"page", std::to_string(page)},
                                                         {"perPage", std::to_string(kPage)}}));
    const Json* rows = member(list, "documents");
    bool older = !rows || rows->size() < kPage;
    for (std::size_t index = 0; rows && index < rows->size(); ++index) {
      older = older || sequence_of((*rows)[index]) <= bookmark.sequence;
      if (sequence_of((*rows)[index]) > bookmark.sequence) calls.push_back((*rows)[index]);
    }
    if (older) break;
  }
  std::reverse(calls.begin(), calls.end());
  return calls;
}

std::size_t Driver::count_of(const std::vector<Json>& calls, Operation operation, bool successes_only) {
  const std::string_view id = row_of(kOperationTable, operation).id;
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const Json& entry) {
    return text_member(entry, "operation") == id && (!successes_only || is_success(entry));
  }));
}

Result<void> Driver::find_names(const ActionRow& row, const Bookmark& before, Driven& driven) const {
  driven.names = driven.acted.captured;
  for (const ShortName& known : kShortNames) {
    const Json* value = member(driven.names, known.variable);
    if (value && !member(driven.names, known.name)) driven.names[std::string(known.name)] = Json(*value);
  }
  const std::string slug(slug_name(row.made));
  if (member(driven.names, slug)) return {};
  ASSIGN_OR_RETURN(const Json list, control_.deliveries({{"clientId", client_id_},
                                                         {"eventType", std::string(to_string(row.emits))},
                                                         {"perPage", "1"}}));
  const Json* newest = reach(list, "documents[0]");
  if (newest && text_member(*newest, "deliveryId") > before.delivery) {
    driven.names[slug] = text_member(*newest, "subject");
  }
  return {};
}

Result<Driven> Driver::drive(ActionKind kind, const Json& names, const std::string& intent, Duration within,
                             const Json& sample) const {
  const ActionRow& row = row_of(kActionTable, kind);
  const Action* action = description_.action(kind);
  if (!action) return invalid_request(description_.file + ": there is no action " + std::string(row.name));
  ASSIGN_OR_RETURN(const Bookmark before, bookmark());
  Driven driven;
  Json fitting = sample_of(kind, ingredients_, names);
  fitting.update(sample);
  ASSIGN_OR_RETURN(driven.acted, act(description_, *action, fitting, names, intent));
  const auto deadline = Clock::now() + within;
  for (;;) {
    ASSIGN_OR_RETURN(driven.calls, calls_since(before));
    if (count_of(driven.calls, row.operation, true) > 0 || Clock::now() >= deadline) break;
    std::this_thread::sleep_for(kLook);
  }
  RETURN_IF_ERROR(find_names(row, before, driven));
  return driven;
}

}  // namespace zest::application

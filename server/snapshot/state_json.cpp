#include "snapshot/state_json.h"

#include <algorithm>
#include <array>

#include "snapshot/forms.h"

namespace zest::snapshot {
namespace {

// In the order of the alternatives of store::StateItem.
constexpr std::array<SectionForm, std::variant_size_v<store::StateItem>> kSections = {{
    {"formerPartners", read_former_partner},
    {"partners", read_partner},
    {"counters", read_counter},
    {"spvRequests", read_spv_request},
    {"investors", read_investor},
    {"subscriptions", read_subscription},
    {"replacedUploads", read_replaced_upload},
    {"deliveries", read_delivery},
    {"attempts", read_attempt},
    {"timers", read_timer},
    {"idempotencyKeys", read_idempotency_key},
    {"tokenChains", read_token_chain},
    {"refreshTokens", read_refresh_token},
    {"assertionIds", read_assertion_id},
    {"chaosRules", read_chaos_rule},
    {"chaosCounts", read_chaos_counts},
    {"deliveryChaos", read_delivery_chaos},
    {"heldDeliveries", read_held_delivery},
}};

}  // namespace

const std::vector<std::string_view>& sections() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    all.reserve(kSections.size());
    for (const SectionForm& section : kSections) all.push_back(section.name);
    return all;
  }();
  return names;
}

std::string_view section_of(const store::StateItem& item) { return kSections.at(item.index()).name; }

Json to_json(const store::StateItem& item, Instant taken_at) {
  return std::visit([taken_at](const auto& value) { return form_of(value, taken_at); }, item);
}

Result<store::StateItem> read_item(std::string_view section, const Json& element, const std::string& path,
                                   Instant taken_at) {
  const auto form = std::find_if(kSections.begin(), kSections.end(),
                                 [section](const SectionForm& each) { return each.name == section; });
  if (form == kSections.end())
    return make_error(ErrorKind::InternalError, "there is no section " + std::string(section));
  return form->read(element, path, taken_at);
}

}  // namespace zest::snapshot

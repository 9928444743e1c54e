// Operations by their paths, what a call was sent with, and bodies that fit; declared in remedy.h.
#include <algorithm>

#include "base/decimal.h"
#include "insight/remedy.h"
#include "insight/text_forms.h"

namespace zest::insight {
namespace {

constexpr const char* kSampleAmount = "25000.00";

std::vector<std::string_view> segments_of(std::string_view path) {
  path = path.substr(0, path.find('?'));
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    segments.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return segments;
}

// What a request's template lays down for subscriptions to its SPV.
struct Terms {
  std::string currency = "USD";
  std::string amount = kSampleAmount;
  std::string share_class;
};

Terms terms_of(const SpvRequest& request, const rules::Contracts& contracts, const std::string& wanted) {
  Terms terms;
  const rules::Template* contract = contracts.find_template(request.template_id, request.template_version);
  if (contract == nullptr) return terms;
  terms.currency = contract->currency(request.attributes).value_or(terms.currency);
  if (const std::optional<Money> least = contract->minimum_ticket(request.attributes)) {
    const Result<Decimal> minimum = Decimal::parse(least->value);
    const Result<Decimal> usual = Decimal::parse(kSampleAmount);
    if (minimum.ok() && usual.ok() && *usual < *minimum) terms.amount = least->value;
  }
  const std::vector<ShareClass> classes = contract->share_classes(request.attributes);
  for (const ShareClass& each : classes) {
    if (terms.share_class.empty() || each.name == wanted || each.slug == wanted)
      terms.share_class = each.slug;
  }
  return terms;
}

}  // namespace

std::string sent_header(const Json& row, std::string_view name) {
  const Json* headers = member(row, "headers");
  if (headers == nullptr || !headers->is_object()) return "";
  for (const auto& [sent, value] : headers->items()) {
    if (lower(sent) == lower(std::string(name)) && value.is_string()) return value.get<std::string>();
  }
  return "";
}

const OperationRow* operation_at(std::string_view method, std::string_view path,
                                 std::vector<std::string>* values) {
  const std::vector<std::string_view> sent = segments_of(path);
  for (const OperationRow& row : kOperationTable) {
    if (surface_of(row.path) != Surface::Partner || (!method.empty() && row.method != method)) continue;
    const std::vector<std::string_view> pattern = segments_of(row.path);
    if (pattern.size() != sent.size()) continue;
    std::vector<std::string> found;
    bool fits = true;
    for (std::size_t i = 0; i < sent.size() && fits; ++i) {
      const bool placeholder = !pattern[i].empty() && pattern[i].front() == '{';
      fits = placeholder ? !sent[i].empty() : pattern[i] == sent[i];
      if (placeholder) found.emplace_back(sent[i]);
    }
    if (!fits) continue;
    if (values != nullptr) *values = std::move(found);
    return &row;
  }
  return nullptr;
}

Json sample_submission(const rules::Contracts& contracts, std::string_view template_id) {
  Json any;
  for (const std::string& version : contracts.versions()) {
    const std::vector<Json>* samples = contracts.list(version, rules::Contracts::Kind::Samples);
    if (samples == nullptr) continue;
    for (const Json& sample : *samples) {
      if (text_member(sample, "templateId") == template_id) return sample;
      if (any.is_null()) any = sample;
    }
  }
  return any;
}

Json submission_in_place(const CallFacts& facts, std::string& of) {
  for (const SpvRequest& each : facts.holdings.requests) {
    const rules::Template* contract = facts.contracts->find_template(each.template_id, each.template_version);
    if (contract == nullptr || !contract->validate(each.attributes).empty()) continue;
    of = each.slug;
    return Json{{"templateId", each.template_id},
                {"templateVersion", each.template_version},
                {"attributes", each.attributes}};
  }
  return sample_submission(*facts.contracts, "");
}

std::string template_named_in(const Json& submission) {
  const std::string id = text_member(submission, "templateId");
  return id.empty() ? text_member(submission, "template_id") : id;
}

Json sample_investors() {
  return Json{{"investors", Json::array({Json{{"partnerInvestorId", "inv-1"},
                                              {"email", "ada@example.com"},
                                              {"firstName", "Ada"},
                                              {"lastName", "Lovelace"},
                                              {"dateOfBirth", "1990-12-10"},
                                              {"countryOfResidence", "GB"}}})}};
}

Json sample_subscription(const SpvRequest& of, const rules::Contracts& contracts,
                         const std::string& person_id, const std::string& share_class) {
  const Terms terms = terms_of(of, contracts, share_class);
  Json row{{"zestPersonId", person_id},
           {"lumpSum", Json{{"currency", terms.currency}, {"value", terms.amount}}}};
  if (!terms.share_class.empty()) row["shareClassSlug"] = terms.share_class;
  row["partnerSubscriptionId"] = "my-sub-1";
  return Json{{"subscriptions", Json::array({std::move(row)})}};
}

bool is_below_minimum(const SpvRequest& spv, const rules::Contracts& contracts, const std::string& amount) {
  const rules::Template* contract = contracts.find_template(spv.template_id, spv.template_version);
  const std::optional<Money> least =
      contract == nullptr ? std::nullopt : contract->minimum_ticket(spv.attributes);
  const Result<Decimal> given = Decimal::parse(amount);
  const Result<Decimal> minimum = Decimal::parse(least ? least->value : "0");
  return given.ok() && minimum.ok() && *given < *minimum;
}

Json sample_parts(const Subscription* subscription, const std::string& currency, bool funding) {
  Json parts{{"file", "document.pdf"}};
  if (!funding) return parts;
  parts["amount"] = subscription != nullptr ? subscription->lump_sum.value : kSampleAmount;
  parts["currency"] = subscription != nullptr ? subscription->lump_sum.currency : currency;
  parts["wireReference"] = "WIRE-1";
  return parts;
}

}  // namespace zest::insight

#include "insight/resource_finder.h"

#include <utility>
#include <vector>

#include "base/nearest.h"
#include "insight/remedy_shell.h"

namespace zest::insight {

std::string ResourceFinder::call(Operation operation, const std::string& path, const Json& body) const {
  return keyed_call_line(facts_.base_url, operation, path, body);
}

std::string ResourceFinder::request(const std::string& sent) {
  std::vector<std::string> slugs;
  for (const SpvRequest& each : facts_.holdings.requests) {
    if (each.slug == sent) return sent;
    if (each.refs && each.refs->vehicle_slug == sent) {
      say("write " + each.slug + ", the SPV request's slug, where its SPV's " + sent + " stands");
      return each.slug;
    }
    slugs.push_back(each.slug);
  }
  if (!slugs.empty()) {
    std::string right = nearest(sent, slugs).value_or(slugs.front());
    say("use a spvRequestSlug that there is, such as " + right + ", instead of " + sent);
    return right;
  }
  say("create an SPV request first: " + facts_.holdings.client_id + " has none");
  return new_request();
}

std::string ResourceFinder::new_request() {
  const Json sample = sample_submission(*facts_.contracts, "");
  first(capture_line("SVR", call(Operation::CreateSpvRequest, "/v1/spv-requests", sample), "spvRequestSlug"));
  SpvRequest made;
  made.template_id = text_member(sample, "templateId");
  made.template_version = text_member(sample, "templateVersion");
  if (const Json* attributes = member(sample, "attributes")) made.attributes = *attributes;
  spv_ = std::move(made);
  return shell_variable("SVR");
}

// The SPV that a path may name, and whose terms a body has to fit.
std::string ResourceFinder::spv(const std::string& sent) {
  const SpvRequest* approved = nullptr;
  const SpvRequest* pending = nullptr;
  for (const SpvRequest& each : facts_.holdings.requests) {
    if (each.refs && each.refs->vehicle_slug == sent) return take_spv(each);
    if (each.refs && each.slug == sent) {
      say("write " + each.refs->vehicle_slug +
          ", its SPV (materialisedRefs.vehicleSlug), where the SPV request's " + sent + " stands");
      return take_spv(each);
    }
    const bool waits = each.status == SpvStatus::PendingReview;
    if (waits && (pending == nullptr || each.slug == sent)) pending = &each;
    if (each.refs && approved == nullptr) approved = &each;
  }
  if (approved != nullptr && (pending == nullptr || pending->slug != sent)) {
    say("use an SPV that there is, such as " + approved->refs->vehicle_slug + ", instead of " + sent);
    return take_spv(*approved);
  }
  std::string slug;
  if (pending != nullptr) {
    spv_ = *pending;
    slug = pending->slug;
    say("wait until " + slug + " is approved, and use its materialisedRefs.vehicleSlug" +
        (slug == sent ? "" : " instead of " + sent) + "; here you approve it");
  } else {
    say("create an SPV request and have it approved first: " + facts_.holdings.client_id + " has no SPV");
    slug = new_request();
  }
  first(capture_line("SPV",
                     command_line(facts_.base_url, "spv-requests approve " + shell_word(slug) + " --json"),
                     "vehicleSlug"));
  return shell_variable("SPV");
}

std::string ResourceFinder::take_spv(const SpvRequest& request) {
  spv_ = request;
  return request.refs->vehicle_slug;
}

// The investor that a path or row may name; `where` says which of them.
std::string ResourceFinder::person(const std::string& sent, const std::string& where) {
  std::vector<std::string> ids;
  for (const Investor& each : facts_.holdings.investors) {
    if (each.person_id == sent) return person_ = sent;
    if (each.partner_investor_id == sent) {
      say("write " + each.person_id + ", the zestPersonId, in " + where + " where your own id " + sent +
          " stands");
      return person_ = each.person_id;
    }
    ids.push_back(each.person_id);
  }
  if (ids.empty()) return person_ = new_person();
  const std::string right = nearest(sent, ids).value_or(free_person().value_or(ids.front()));
  say("use a zestPersonId that there is, such as " + right + ", in " + where + " instead of " + sent);
  return person_ = right;
}

std::string ResourceFinder::new_person() {
  if (!made_person_) {
    say("create an investor first: POST /v1/investors");
    first(capture_line("PERSON", call(Operation::BulkCreateInvestors, "/v1/investors", new_investors()),
                       "zestPersonId"));
  }
  made_person_ = true;
  return shell_variable("PERSON");
}

// With an id of its own.
Json ResourceFinder::new_investors() const {
  Json body = sample_investors();
  body["investors"][0]["partnerInvestorId"] = "inv-" + std::to_string(facts_.holdings.investors.size() + 1);
  return body;
}

const Subscription* ResourceFinder::held(const std::string& person) const {
  for (const Subscription& each : facts_.holdings.subscriptions) {
    if (spv_ && spv_->refs && each.spv_slug == spv_->refs->vehicle_slug && each.person_id == person)
      return &each;
  }
  return nullptr;
}

// One without a subscription to the SPV.
std::optional<std::string> ResourceFinder::free_person() const {
  for (const Investor& each : facts_.holdings.investors) {
    if (held(each.person_id) == nullptr) return each.person_id;
  }
  return std::nullopt;
}

}  // namespace zest::insight

#include "api/control/holdings.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zest::api {
namespace {

constexpr std::size_t kMostHeld = 50;  // of each kind

std::vector<std::string> ids_of(const Json& row) {
  std::string text = text_member(row, "path");
  if (const Json* body = member(row, "body")) text += dump_json(*body);
  std::vector<std::string> ids;
  for (const std::string_view prefix : {"svr_", "veh_", "psn_", "sub_"}) {
    for (std::size_t at = text.find(prefix); at != std::string::npos && ids.size() < kMostHeld;
         at = text.find(prefix, at + 1)) {
      const std::size_t end = text.find_first_not_of("0123456789abcdef", at + prefix.size());
      ids.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    }
  }
  return ids;
}

std::string owner_of(store::Read& tx, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (const auto request = tx.spv_request(id)) return request->client_id;
    if (const auto request = tx.spv_request_by_vehicle(id)) return request->client_id;
    if (const auto investor = tx.investor(id)) return investor->client_id;
    if (const auto subscription = tx.subscription(id)) return subscription->client_id;
  }
  return "";
}

void fill(store::Read& tx, const std::vector<std::string>& named, insight::Holdings& holdings) {
  const std::string& owner = holdings.client_id;
  if (const std::optional<Partner> partner = tx.partner(owner)) holdings.provisioned = partner->provisioned;
  const auto take = [&owner](auto& list, auto found) {
    if (found && found->client_id == owner) list.push_back(std::move(*found));
  };
  for (const std::string& id : named) {
    take(holdings.requests, tx.spv_request(id));
    take(holdings.requests, tx.spv_request_by_vehicle(id));
    take(holdings.investors, tx.investor(id));
    take(holdings.subscriptions, tx.subscription(id));
    for (const std::string& other : named) take(holdings.subscriptions, tx.subscription_of(id, other));
  }
  const store::Page page{0, kMostHeld};
  store::SpvFilter requests;
  requests.client_id = owner;
  for (SpvRequest& each : tx.spv_requests(requests, page).documents)
    holdings.requests.push_back(std::move(each));
  for (Investor& each : tx.investors(owner, page).documents) holdings.investors.push_back(std::move(each));
  store::SubscriptionFilter subscriptions;
  subscriptions.client_id = owner;
  for (Subscription& each : tx.subscriptions(subscriptions, page).documents)
    holdings.subscriptions.push_back(std::move(each));
}

}  // namespace

Result<insight::Holdings> holdings_for(store::Store& store, const Json& row) {
  insight::Holdings holdings;
  RETURN_IF_ERROR(store.read([&](store::Read& tx) {
    const std::vector<Partner> partners = tx.partners();
    for (const Partner& each : partners) holdings.partners.push_back(each.client_id);
    const std::vector<std::string> named = ids_of(row);
    holdings.client_id = text_member(row, "clientId");
    const bool unseen = text_member(row, "errorCode") == "not_found";
    if (const std::string owner = owner_of(tx, named);
        !owner.empty() && (unseen || holdings.client_id.empty()))
      holdings.client_id = owner;
    if (!tx.partner(holdings.client_id))
      holdings.client_id = partners.empty() ? "" : partners.front().client_id;
    fill(tx, named, holdings);
    return Done{};
  }));
  return holdings;
}

}  // namespace zest::api

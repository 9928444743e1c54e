// The one JSON form of resources, shared by the API's answers, the events' data and the control plane.
// Optional members without a value are left out. Zest docs: the resource pages and webhooks/events.
#pragma once

#include "base/json.h"
#include "model/delivery.h"
#include "model/event.h"
#include "model/investor.h"
#include "model/money.h"
#include "model/partner.h"
#include "model/spv_request.h"
#include "model/subscription.h"

namespace zest {

Json to_json(const Money& money);
Json to_json(const MaterialisedRefs& refs);
Json fees_and_carry_json(const std::vector<ShareClass>& share_classes);  // {"shareClasses": […]}
Json to_json(
    SpvRequest request);  // SpvRequestResponse; attributes of a value that is moved in are not copied
Json subscription_result_json(const Subscription& subscription);  // SubscriptionResult
Json subscription_admin_json(const Subscription& subscription);   // the same plus stage and instants
Json form_upload_json(const Subscription& subscription, const std::string& url);     // FormUploadResponse
Json funding_upload_json(const Subscription& subscription, const std::string& url);  // FundingUploadResponse
Json to_json(const Delivery& delivery);                                              // control plane list row
Json to_json(const Attempt& attempt);
Json to_json(const Partner& partner);  // control plane, without secrets of the partner's own key

// What an event can tell of a resource; its type chooses from it (protocol/event_type.h).
Json event_facts(const SpvRequest& request, Json attributes);  // the request's, to be moved or copied
Json event_facts(const Investor& investor);
Json event_facts(const Subscription& subscription, const Investor& investor);
Json form_facts(const Subscription& subscription, const Investor& investor, const std::string& url);
Json funding_facts(const Subscription& subscription, const Investor& investor, const std::string& url);
Json event_data(EventType type, Json facts);

// The envelope's bytes: {"eventId","eventType","occurredAt","data"}.
std::string event_body(const std::string& event_id, EventType type, Instant occurred_at, Json data);
// Every slug and person id that appears in an event's data, in order, without repeats.
std::vector<std::string> event_subjects(const Json& data);

}  // namespace zest

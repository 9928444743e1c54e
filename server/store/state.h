// Everything that a store keeps, as values: what a snapshot is made of, and what another backend would have
// to take over. What belongs to the database at hand (meta values) is no part of it. Thread-safety: plain
// values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "model/chaos_state.h"
#include "model/delivery.h"
#include "model/event.h"
#include "model/investor.h"
#include "model/lane.h"
#include "model/partner.h"
#include "model/spv_request.h"
#include "model/subscription.h"
#include "model/timer.h"

namespace zest::store {

// The first successful answer to an idempotency key. Zest docs: idempotency.
struct StoredReply {
  std::string fingerprint;  // of method, path and canonical body
  int status = 0;
  std::string body;      // verbatim
  Instant expires_at{};  // virtual
};

struct ChaosRuleRow {
  std::string id;
  std::optional<std::string> client_id;
  std::string document;  // JSON text
};

struct PartnerState {
  Partner partner;
  Lane lane;
};

// A partner that was removed: registered again under its client id, it is a later generation.
struct FormerPartner {
  std::string client_id;
  std::uint32_t generation = 0;  // its last
};

// Of identifiers and of random streams.
struct Counter {
  std::string client_id;  // "": of no partner in particular
  std::string name;
  std::uint64_t value = 0;
};

struct DeliveryState {
  Delivery delivery;
  Event event;
};

struct IdempotencyKey {
  std::string client_id;
  std::string key;
  StoredReply reply;
};

struct TokenChain {
  std::string chain_id;
  std::string client_id;
  bool revoked = false;
  std::uint64_t issued = 0;   // access tokens; they are numbered
  std::uint64_t expired = 0;  // those up to this one have expired before their time
};

struct StoredRefreshToken {
  std::string token_hash;
  std::string chain_id;
  std::string client_id;
  Instant expires_at{};  // wall
  bool spent = false;
};

// The jti of an assertion that was presented.
struct AssertionId {
  std::string client_id;
  std::string jti;
  Instant expires_at{};  // wall
};

// Content of an upload that was replaced, which signed URLs still lead to.
struct ReplacedUpload {
  std::string client_id;
  std::string sha256;  // lower-case hex
  Instant until{};     // virtual, of that partner's lane
};

using StateItem =
    std::variant<FormerPartner, PartnerState, Counter, SpvRequest, Investor, Subscription, ReplacedUpload,
                 DeliveryState, Attempt, Timer, IdempotencyKey, TokenChain, StoredRefreshToken, AssertionId,
                 ChaosRuleRow, ChaosRuleLane, DeliveryChaos, HeldDelivery>;

// An error ends the walk, and is its outcome.
using StateVisitor = std::function<Result<void>(const StateItem&)>;

}  // namespace zest::store

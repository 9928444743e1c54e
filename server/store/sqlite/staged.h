// A staged state: a database of its own in the spool folder, without a log and without flushes, for it is
// gone with the process anyway.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/log.h"
#include "store/sqlite/write.h"

namespace zest::store {

// A database file that nobody needs any more when this is gone.
class ScratchDatabase {
 public:
  // In `folder`, at the schema of `version`. Throws Unavailable.
  ScratchDatabase(const std::filesystem::path& folder, int version);
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;
  Connection& connection() { return *connection_; }

 private:
  std::filesystem::path path_;
  std::unique_ptr<Connection> connection_;
};

class SqliteStaged final : public Staged {
 public:
  // Throws Unavailable.
  SqliteStaged(const std::filesystem::path& folder, Limits limits, Log& log);

  Result<void> add(const StateItem& item) override;
  Result<void> change(const std::function<Result<void>(Write&)>& body) override;

  // Takes what belongs to the database rather than to its state. Throws Unavailable.
  void take_over_meta(Connection& present);
  // Nothing is added any more. Throws Unavailable.
  Connection& complete();
  std::vector<std::string> referenced_uploads() { return write_.referenced_uploads(); }

 private:
  // Each puts its value in; a problem in one phrase, or nothing.
  using Problem = std::optional<std::string>;
  Problem put(const FormerPartner& former);
  Problem put(const PartnerState& state);
  Problem put(const Counter& counter);
  Problem put(const SpvRequest& request);
  Problem put(const Investor& investor);
  Problem put(const Subscription& subscription);
  Problem put(const ReplacedUpload& replaced);
  Problem put(const DeliveryState& state);
  Problem put(const Attempt& attempt);
  Problem put(const Timer& timer);
  Problem put(const IdempotencyKey& key);
  Problem put(const TokenChain& chain);
  Problem put(const StoredRefreshToken& token);
  Problem put(const AssertionId& assertion);
  Problem put(const ChaosRuleRow& rule);
  Problem put(const ChaosRuleLane& lane);
  Problem put(const DeliveryChaos& chaos);
  Problem put(const HeldDelivery& held);

  Problem unknown_partner(const std::string& client_id) const;
  bool exists(std::string_view sql, std::string_view key);
  Result<void> guarded(const std::function<Result<void>()>& body);

  ScratchDatabase database_;
  Connection& db_;
  Published unseen_;  // nobody knows of it yet
  SqliteWrite write_;
  Log& log_;
  std::set<std::string, std::less<>> partners_;
};

}  // namespace zest::store

#include "rules/idempotency.h"

#include <algorithm>

#include "base/crypto.h"

namespace zest::rules {

Result<void> check_idempotency_key(std::string_view key) {
  const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (key.empty() || key.size() > kMaxIdempotencyKey || !visible) {
    return refusal(
        Rule::IdempotencyKeyForm, ErrorKind::InvalidRequest,
        "Idempotency-Key must be 1 to " + std::to_string(kMaxIdempotencyKey) + " visible ASCII characters");
  }
  return {};
}

std::string request_fingerprint(std::string_view method, std::string_view path, const Json& body) {
  std::string text(method);
  text.append(" ").append(path).append("\n").append(canonical_json(body));
  return to_hex(sha256(text));
}

Result<Reply> run_once(Context& context, const std::optional<std::string>& key,
                       const std::string& fingerprint, const std::function<Result<Reply>()>& execute) {
  if (!key) return execute();
  const std::string& client_id = context.partner.client_id;
  const std::optional<store::StoredReply> stored = context.tx.reply(client_id, *key);
  if (stored && context.now < stored->expires_at) {
    if (stored->fingerprint != fingerprint) {
      return refusal(
          Rule::IdempotencyConflict, ErrorKind::Conflict,
          "Idempotency-Key was used within 24 hours for another request; use a new key, or send the "
          "same method, path and body");
    }
    return Reply{stored->status, stored->body, true};
  }
  ASSIGN_OR_RETURN(Reply reply, execute());
  context.tx.prune_replies(client_id, context.now);
  context.tx.put_reply(
      client_id, *key,
      store::StoredReply{fingerprint, reply.status, reply.body, context.now + kIdempotencyWindow});
  return reply;
}

}  // namespace zest::rules

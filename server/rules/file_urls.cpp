#include "rules/file_urls.h"

#include "base/crypto.h"
#include "base/json.h"

namespace zest::rules {

std::string FileUrls::url(const std::string& client_id, const Upload& upload, Instant now) const {
  const Json grant{{"c", client_id},
                   {"h", upload.sha256},
                   {"t", upload.content_type},
                   {"e", to_ms(now + kFileUrlLifetime)}};
  const std::string payload = base64url_encode(dump_json(grant));
  return base_url_ + "/files/" + payload + "." + base64url_encode(hmac_sha256(key_, payload));
}

Result<FileGrant> FileUrls::open(std::string_view token) const {
  const Error refused = refusal(Rule::FileUrlSignature, ErrorKind::Forbidden,
                                "this file URL was not signed by the sandbox or was changed");
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return refused;
  const std::string_view payload = token.substr(0, dot);
  const Result<std::string> signature = base64url_decode(token.substr(dot + 1));
  if (!signature.ok() || !constant_time_equal(*signature, hmac_sha256(key_, payload))) return refused;
  const Result<std::string> text = base64url_decode(payload);
  if (!text.ok()) return refused;
  const Result<Json> grant = parse_json(*text);
  if (!grant.ok()) return refused;
  const std::string* client_id = string_member(*grant, "c");
  const std::string* hash = string_member(*grant, "h");
  const std::string* type = string_member(*grant, "t");
  const Json* expires = member(*grant, "e");
  if (client_id == nullptr || hash == nullptr || type == nullptr || expires == nullptr ||
      !expires->is_number_integer()) {
    return refused;
  }
  return FileGrant{*client_id, *hash, *type, instant_from_ms(expires->get<std::int64_t>())};
}

std::size_t forget_expired_files(store::Write& tx, const MachineTime& machine) {
  std::size_t forgotten = 0;
  for (const std::string& client_id : tx.owners_of_replaced_uploads()) {
    const std::optional<Lane> lane = tx.lane(client_id);
    if (!lane) continue;
    forgotten += tx.forget_replaced_uploads(client_id, lane_now(*lane, machine));
  }
  return forgotten;
}

}  // namespace zest::rules

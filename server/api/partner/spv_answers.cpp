#include "api/partner/spv_answers.h"

namespace zest::api {

std::optional<std::string> SpvAnswers::find(const std::string& client_id, std::string_view slug,
                                            std::uint64_t version) {
  const std::string wanted = key(client_id, slug);
  const MutexLock lock(mutex_);
  if (version_ != version) return std::nullopt;
  const auto found = bodies_.find(wanted);
  return found == bodies_.end() ? std::nullopt : std::optional<std::string>(found->second);
}

void SpvAnswers::keep(const std::string& client_id, std::string_view slug, std::uint64_t version,
                      const std::string& body) {
  if (body.size() > kLongest) return;
  const MutexLock lock(mutex_);
  if (version_ > version) return;  // somebody has read a newer state meanwhile
  if (version_ < version || bodies_.size() >= kKept) bodies_.clear();
  version_ = version;
  bodies_.insert_or_assign(key(client_id, slug), body);
}

}  // namespace zest::api

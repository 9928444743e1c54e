// How a bounded number of places is shared between partners: nobody may hold more of them than are free then.
// So one partner alone gets half of them, and whoever comes while others hold theirs still finds some.
// Thread-safety: none; guarded by its owner.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

namespace zest::api {

class Shares {
 public:
  explicit Shares(std::size_t capacity) : capacity_(capacity) {}

  bool has_room(const std::string& partner) const {
    const auto found = held_.find(partner);
    return taken_ < capacity_ && (found == held_.end() ? 0 : found->second) < capacity_ - taken_;
  }
  // False: there is no room for this partner.
  bool take(const std::string& partner) {
    if (!has_room(partner)) return false;
    ++held_[partner];
    ++taken_;
    return true;
  }
  // Precondition: taken before.
  void give_back(const std::string& partner) {
    const auto found = held_.find(partner);
    if (--found->second == 0) held_.erase(found);
    --taken_;
  }
  std::size_t taken() const { return taken_; }

 private:
  const std::size_t capacity_;
  std::size_t taken_ = 0;
  std::unordered_map<std::string, std::size_t> held_;
};

}  // namespace zest::api

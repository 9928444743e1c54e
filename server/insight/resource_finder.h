// Which of a partner's resources a refused call may name instead of what it named, and how one is made where
// there is none. What it finds, and what has to come before, it adds to the remedy. Thread-safety: none; one
// object mends one call.
#pragma once

#include <optional>
#include <string>

#include "insight/remedy.h"

namespace zest::insight {

class ResourceFinder {
 public:
  // Both outlive it.
  ResourceFinder(const CallFacts& facts, Remedy& remedy) : facts_(facts), remedy_(remedy) {}

  // The SPV request that a path may name.
  std::string request(const std::string& sent);
  // The SPV that a path may name, and whose terms a body has to fit.
  std::string spv(const std::string& sent);
  // The investor that a path or row may name; `where` says which of them.
  std::string person(const std::string& sent, const std::string& where);
  std::string new_person();
  Json new_investors() const;  // with an id of its own

  // The request behind the SPV that was found last; nothing: none was asked for.
  const std::optional<SpvRequest>& found_spv() const { return spv_; }
  const std::string& found_person() const { return person_; }  // "": none was asked for
  // The person's subscription to that SPV; nullptr when there is none.
  const Subscription* held(const std::string& person) const;
  // An investor without one.
  std::optional<std::string> free_person() const;

 private:
  void say(std::string change) { remedy_.changes.push_back(std::move(change)); }
  void first(std::string line) { remedy_.before.push_back(std::move(line)); }
  std::string call(Operation operation, const std::string& path, const Json& body) const;
  std::string new_request();
  std::string take_spv(const SpvRequest& request);

  const CallFacts& facts_;
  Remedy& remedy_;
  bool made_person_ = false;
  std::optional<SpvRequest> spv_;
  std::string person_;
};

}  // namespace zest::insight

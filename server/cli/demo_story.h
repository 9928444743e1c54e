// The story that `demo` tells: a partner's whole happy path over real HTTP, then a receiver that is down
// until its delivery is dead, and back. Each step checks what it claims and ends the story when that does not
// hold.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"
#include "client/control_api.h"
#include "client/partner_api.h"
#include "client/receiver.h"
#include "protocol/event_type.h"

namespace zest::cli {

// Prints what happens, as it happens, from several threads.
class Timeline {
 public:
  explicit Timeline(const Program& program) : program_(program) {}
  void chapter(const std::string& title);
  void call(const client::Request& request, const client::Reply& reply);
  void webhook(const client::Received& received);
  void holds(const std::string& what);
  void fails(const std::string& what);
  std::size_t checks() const { return checks_; }

 private:
  void line(Style style, const std::string& mark, const std::string& text);
  const Program& program_;
  std::mutex mutex_;
  std::size_t checks_ = 0;
};

struct DemoCast {
  client::PartnerApi& partner;
  client::ControlApi& control;
  client::Receiver& receiver;
  Timeline& timeline;
};

class DemoStory {
 public:
  explicit DemoStory(DemoCast cast) : cast_(cast) {}
  // True when everything that was checked held.
  bool tell();

 private:
  bool authenticate();
  bool request_and_approve();
  bool onboard_investor();
  bool subscribe();
  bool upload_documents();
  bool complete();
  bool check_order();
  bool outage();
  bool recovery();

  bool check(bool holds, const std::string& what);
  // Says why and answers false when the call failed.
  bool succeeded(const Result<Json>& answer, const std::string& what);
  // Waits for the webhook of that type, about that subject, and checks that it was verified.
  bool webhook_arrives(EventType type, const std::string& subject);

  DemoCast cast_;
  std::string spv_request_;
  std::string spv_;
  std::string share_class_;
  std::string person_;
  std::string subscription_;
  std::string dead_delivery_;
};

}  // namespace zest::cli

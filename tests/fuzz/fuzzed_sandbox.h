// A whole sandbox of a target: manual clocks, a fixed seed, and a sender of webhooks that sends nothing and
// says that it was answered 200 (or 500 where the URL says /down).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/sandbox.h"
#include "fuzz/loopback.h"
#include "support/fake_sender.h"

namespace zest::fuzz {

class FuzzedSandbox {
 public:
  FuzzedSandbox();
  ~FuzzedSandbox();

  int port() const { return sandbox_->port(); }
  // One call; `body` is JSON, or nothing.
  ReadAnswer call(std::string_view method, std::string_view target, std::string_view body = {});
  // An access token of the seeded partner.
  const std::string& token() const { return token_; }
  // Back to the beginning, identifiers too, whatever became of the partners.
  void reset();

 private:
  std::string sign_in() const;

  test::FakeSender sender_;
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<app::Sandbox> sandbox_;
  std::string token_;
  std::string beginning_;  // a snapshot
};

// What every answer must be, of whatever call: no 5xx, JSON where it says so, the envelope where it is an
// error.
void check_answer(const ReadAnswer& answer);

}  // namespace zest::fuzz

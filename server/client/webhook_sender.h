// Webhooks as Zest sends them, to any URL, made by hand: well signed, badly signed, one by one or many at
// once. Zest docs: webhooks/delivery. Thread-safety: calls from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/caller.h"

namespace zest::client {

struct WebhookEndpoint {
  std::string url;
  Duration timeout{10'000};  // wall; Zest docs: webhooks/retries
  std::string ca_file;       // "": the system's
  bool verify_tls = true;
};

struct Webhook {
  std::string event_id;
  std::string event_type;
  std::string body;                      // sent byte for byte
  std::optional<std::string> signature;  // value of Zest-Signature; nothing: the header is left out
};

class WebhookSender {
 public:
  explicit WebhookSender(WebhookEndpoint endpoint) : endpoint_(std::move(endpoint)) {}

  const WebhookEndpoint& endpoint() const { return endpoint_; }

  // Returns with the answer, or with why there is none.
  http::Outcome send(const Webhook& webhook) const;
  // All at the same time, each over a connection of its own; outcomes in the order given.
  std::vector<http::Outcome> send_all(const std::vector<Webhook>& webhooks) const;
  // A GET of any URL under the endpoint's limits.
  http::Outcome get(const std::string& url) const;

 private:
  http::Call call_of(const Webhook& webhook) const;
  http::Call plain_call(std::string method, std::string url) const;

  WebhookEndpoint endpoint_;
};

}  // namespace zest::client

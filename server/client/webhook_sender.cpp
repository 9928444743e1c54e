#include "client/webhook_sender.h"

#include <future>
#include <memory>

namespace zest::client {
namespace {

constexpr std::size_t kKeptAnswer = 64 * 1024;

}  // namespace

http::Call WebhookSender::plain_call(std::string method, std::string url) const {
  http::Call call;
  call.method = std::move(method);
  call.url = std::move(url);
  call.timeout = endpoint_.timeout;
  call.keep_response = kKeptAnswer;
  call.ca_file = endpoint_.ca_file;
  call.verify_tls = endpoint_.verify_tls;
  return call;
}

http::Call WebhookSender::call_of(const Webhook& webhook) const {
  http::Call call = plain_call("POST", endpoint_.url);
  call.headers.add("Content-Type", "application/json");
  call.headers.add("User-Agent", "ZestWebhooks/1.0");
  call.headers.add("Zest-Event-Id", webhook.event_id);
  call.headers.add("Zest-Event-Type", webhook.event_type);
  if (webhook.signature) call.headers.add("Zest-Signature", *webhook.signature);
  call.body = std::make_shared<const std::string>(webhook.body);
  return call;
}

http::Outcome WebhookSender::send(const Webhook& webhook) const { return http::call(call_of(webhook)); }

std::vector<http::Outcome> WebhookSender::send_all(const std::vector<Webhook>& webhooks) const {
  std::vector<std::future<http::Outcome>> pending;
  http::CallEngine engine;
  for (const Webhook& webhook : webhooks) {
    const auto outcome = std::make_shared<std::promise<http::Outcome>>();
    pending.push_back(outcome->get_future());
    engine.start(call_of(webhook), [outcome](http::Outcome over) { outcome->set_value(std::move(over)); });
  }
  std::vector<http::Outcome> outcomes;
  outcomes.reserve(pending.size());
  for (std::future<http::Outcome>& one : pending) outcomes.push_back(one.get());
  return outcomes;
}

http::Outcome WebhookSender::get(const std::string& url) const { return http::call(plain_call("GET", url)); }

}  // namespace zest::client

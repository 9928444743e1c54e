#include "client/receiver.h"

#include <algorithm>

#include "base/thread_name.h"
#include "client/webhook_signature.h"
#include "http/caller.h"

namespace zest::client {
namespace {

using Steady = std::chrono::steady_clock;

// Longer than Zest waits for an answer, so that a slow receiver behind this one is slow for Zest, too.
constexpr Duration kForwardTimeout{60'000};

http::Response response_of(const Behaviour& behaviour) {
  http::Response response;
  response.status = behaviour.status;
  response.drop_connection = behaviour.close;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = behaviour.status / 100 == 2 ? "ok\n" : "refused\n";
  return response;
}

http::Response plain(int status, std::string_view text) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::string(text) + "\n";
  return response;
}

std::string text_member(const Json& object, std::string_view name) {
  const std::string* text = string_member(object, name);
  return text ? *text : std::string();
}

}  // namespace

struct Receiver::Postponed {
  Steady::time_point due;
  http::Response response;
  http::Responder responder;
};

Receiver::Receiver(ReceiverOptions options, Observer observer)
    : observer_(std::move(observer)), options_(std::move(options)) {}

Result<std::unique_ptr<Receiver>> Receiver::start(ReceiverOptions options, Log& log, Observer observer) {
  http::ListenOptions listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.workers = 4;
  std::unique_ptr<Receiver> receiver(new Receiver(std::move(options), std::move(observer)));
  receiver->host_ = listen.host;
  Result<std::unique_ptr<http::Listener>> listener = http::Listener::start(listen, *receiver, log);
  if (!listener.ok()) return std::move(listener).error();
  receiver->listener_ = std::move(*listener);
  receiver->timer_ = std::thread([self = receiver.get()] {
    name_thread("postponed");
    self->run_postponed();
  });
  return receiver;
}

Receiver::~Receiver() { stop(); }

void Receiver::stop() {
  std::vector<http::Responder> hanging;
  std::vector<Postponed> postponed;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    hanging.swap(hanging_);
    postponed.swap(postponed_);
    changed_.notify_all();
  }
  http::Response cut;
  cut.drop_connection = true;
  for (http::Responder& responder : hanging) responder.send(cut);
  for (Postponed& entry : postponed) entry.responder.send(cut);
  if (listener_) listener_->stop();
  if (timer_.joinable()) timer_.join();
}

int Receiver::port() const { return listener_->port(); }

std::string Receiver::url() const { return "http://" + host_ + ":" + std::to_string(port()) + "/webhooks"; }

void Receiver::set_secret(std::string secret) {
  MutexLock lock(mutex_);
  options_.secret = std::move(secret);
}

void Receiver::set_behaviour(Behaviour behaviour) {
  MutexLock lock(mutex_);
  options_.behaviour = behaviour;
}

void Receiver::script(std::vector<Behaviour> answers) {
  MutexLock lock(mutex_);
  script_.assign(answers.begin(), answers.end());
}

void Receiver::fail_next(std::size_t requests) {
  MutexLock lock(mutex_);
  options_.fail_first = examined_ + requests;
}

std::vector<Received> Receiver::received() const {
  MutexLock lock(mutex_);
  return received_;
}

bool Receiver::wait_until(const std::function<bool(const std::vector<Received>&)>& enough,
                          Duration timeout) const {
  const Steady::time_point deadline = Steady::now() + timeout;
  MutexLock lock(mutex_);
  while (!enough(received_)) {
    if (!changed_.wait_until(mutex_, deadline)) return enough(received_);
  }
  return true;
}

std::variant<http::TakeBody, http::Response> Receiver::begin(const http::RequestHead& head) {
  if (head.method != "POST") return plain(405, "webhooks are sent with POST");
  return http::TakeBody{};
}

void Receiver::finish(http::Request request, http::Responder responder) {
  Behaviour behaviour;
  http::Response response;
  {
    MutexLock order(order_);
    Received received = examine(std::move(request));
    response = forward(received);
    if (observer_) observer_(received);
    behaviour = received.answer;
    MutexLock lock(mutex_);
    received_.push_back(std::move(received));
    changed_.notify_all();
  }
  answer(behaviour, std::move(response), std::move(responder));
}

http::Response Receiver::forward(Received& received) {
  http::Call call;
  {
    MutexLock lock(mutex_);
    call.url = options_.forward_to;
  }
  const bool on = !call.url.empty() && !received.answer.close && !received.answer.hang &&
                  received.answer.status / 100 == 2;
  if (!on) return response_of(received.answer);
  call.method = "POST";
  call.timeout = kForwardTimeout;
  call.body = std::make_shared<const std::string>(received.body);
  for (const auto& [name, value] : received.headers.fields()) {
    // The connection's own affairs.
    const auto same = [&field = name](const char* other) { return http::equal_ignoring_case(field, other); };
    if (!same("Host") && !same("Content-Length") && !same("Connection")) call.headers.add(name, value);
  }
  http::Outcome outcome = http::call(call);
  received.answer.status = outcome.status;
  received.answer.close = outcome.status == 0;
  http::Response response = response_of(received.answer);
  response.body = std::move(outcome.body);
  return response;
}

http::Response Receiver::refuse(http::Refusal, std::string_view what, const http::RequestHead&,
                                const http::AdmittedCall*) {
  return plain(400, what);
}

Received Receiver::examine(http::Request request) {
  Received received;
  received.path = request.head.path;
  received.headers = std::move(request.head.headers);
  received.body = std::move(request.body);
  received.received_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  if (Result<Json> envelope = parse_json(received.body); envelope.ok()) {
    received.envelope = std::move(*envelope);
    received.event_id = text_member(received.envelope, "eventId");
    received.event_type = text_member(received.envelope, "eventType");
    Result<Instant> occurred_at = parse_instant(text_member(received.envelope, "occurredAt"));
    if (occurred_at.ok()) received.occurred_at = *occurred_at;
  }
  MutexLock lock(mutex_);
  received.number = ++examined_;
  if (options_.verify) {
    Result<void> verified = verify_webhook(options_.secret, received.headers.find("Zest-Signature"),
                                           received.body, received.received_at);
    if (!verified.ok()) received.refusal = verified.error().detail;
  }
  received.duplicate = accepted_ids_.contains(received.event_id);
  received.answer = next_answer(received);
  if (received.accepted()) accepted_ids_.insert(received.event_id);
  return received;
}

Behaviour Receiver::next_answer(const Received& received) {
  Behaviour behaviour = options_.behaviour;
  if (received.number <= options_.fail_first) {
    behaviour = {};
    behaviour.status = 500;
  } else if (!script_.empty()) {
    behaviour = script_.front();
    script_.pop_front();
  }
  const bool refuses = !received.refusal.empty() && options_.forward_to.empty();
  if (refuses && behaviour.status / 100 == 2) behaviour.status = 401;
  return behaviour;
}

void Receiver::answer(const Behaviour& behaviour, http::Response response, http::Responder responder) {
  if (behaviour.delay.count() == 0 && !behaviour.hang) {
    responder.send(std::move(response));
    return;
  }
  MutexLock lock(mutex_);
  if (stopping_) return;
  if (behaviour.hang) {
    hanging_.push_back(std::move(responder));
  } else {
    postponed_.push_back({Steady::now() + behaviour.delay, std::move(response), std::move(responder)});
    changed_.notify_all();
  }
}

void Receiver::run_postponed() {
  const auto earlier = [](const Postponed& a, const Postponed& b) { return a.due < b.due; };
  mutex_.lock();
  while (!stopping_) {
    if (postponed_.empty()) {
      changed_.wait(mutex_);
      continue;
    }
    const auto next = std::min_element(postponed_.begin(), postponed_.end(), earlier);
    const Steady::time_point due = next->due;
    if (Steady::now() < due) {
      changed_.wait_until(mutex_, due);
      continue;
    }
    Postponed entry = std::move(*next);
    postponed_.erase(next);
    mutex_.unlock();
    entry.responder.send(std::move(entry.response));
    mutex_.lock();
  }
  mutex_.unlock();
}

}  // namespace zest::client

#include "support/recording_receiver.h"

#include <stdexcept>

#include "app/seeding.h"

namespace zest::test {
namespace {

std::string seeded_secret() {
  Result<app::DevelopmentPartner> partner = app::read_development_partner(std::nullopt);
  if (!partner.ok()) throw std::runtime_error(partner.error().detail);
  return partner->webhook_secret;
}

}  // namespace

RecordingReceiver::RecordingReceiver() : RecordingReceiver(seeded_secret()) {}

RecordingReceiver::RecordingReceiver(std::string secret) : secret_(std::move(secret)) {
  client::ReceiverOptions options;
  options.secret = secret_;
  Result<std::unique_ptr<client::Receiver>> receiver = client::Receiver::start(options, log_);
  if (!receiver.ok()) throw std::runtime_error(receiver.error().detail);
  receiver_ = std::move(*receiver);
}

void RecordingReceiver::answer(int status) {
  client::Behaviour behaviour;
  behaviour.status = status;
  receiver_->set_behaviour(behaviour);
}

void RecordingReceiver::hang() {
  client::Behaviour behaviour;
  behaviour.hang = true;
  receiver_->set_behaviour(behaviour);
}

void RecordingReceiver::close_connections() {
  client::Behaviour behaviour;
  behaviour.close = true;
  receiver_->set_behaviour(behaviour);
}

bool RecordingReceiver::wait_for(std::size_t count) const {
  return receiver_->wait_until(
      [count](const std::vector<client::Received>& all) { return all.size() >= count; }, Duration{60'000});
}

std::vector<delivery::SignatureCheck> RecordingReceiver::signatures() const {
  std::vector<delivery::SignatureCheck> checks;
  for (const client::Received& received : received()) {
    const std::string* header = received.headers.find("Zest-Signature");
    checks.push_back(delivery::check_signature(secret_, header ? *header : std::string(), received.body,
                                               received.received_at));
  }
  return checks;
}

bool RecordingReceiver::all_verified() const {
  const std::vector<client::Received> all = received();
  const std::vector<delivery::SignatureCheck> checks = signatures();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].refusal.empty() || checks[i] != delivery::SignatureCheck::Valid) return false;
  }
  return true;
}

}  // namespace zest::test

// A real receiver for tests: records every webhook, and answers, hangs or cuts as it is told. Every signature
// is checked twice: by the receiver's own code and by the sender's; the two must agree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "client/receiver.h"
#include "delivery/signer.h"

namespace zest::test {

class RecordingReceiver {
 public:
  // Verifies with the seeded partner's secret. Throws when it cannot listen.
  RecordingReceiver();
  explicit RecordingReceiver(std::string secret);

  std::string url() const { return receiver_->url(); }
  // Every answer from now on.
  void answer(int status);
  void hang();
  void close_connections();
  // The next answers, one each.
  void script(std::vector<client::Behaviour> answers) { receiver_->script(std::move(answers)); }

  // Waits until that many webhooks came in all; false after a minute.
  bool wait_for(std::size_t count) const;
  std::vector<client::Received> received() const { return receiver_->received(); }
  std::size_t count() const { return received().size(); }
  // What the sender's own check says of each, in the order of arrival.
  std::vector<delivery::SignatureCheck> signatures() const;
  // Both checks accept every webhook that came.
  bool all_verified() const;
  void stop() { receiver_->stop(); }

 private:
  std::string secret_;
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<client::Receiver> receiver_;
};

}  // namespace zest::test

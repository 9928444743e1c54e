// The real binary serving on a free port, and the other commands run against it.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "client/control_api.h"
#include "support/development_partner.h"
#include "support/process.h"
#include "support/world.h"

namespace zest::test {

class ServedSandbox {
 public:
  explicit ServedSandbox(std::vector<std::string> options = {}, std::vector<std::string> environment = {})
      : process_(Command{arguments(std::move(options)), std::move(environment)}) {
    if (!process_.wait_for_output("Ready.\n")) {
      ADD_FAILURE() << "the sandbox does not start: " << process_.wait().err;
      return;
    }
    std::string text = process_.output();
    const std::size_t brace = text.find("\n{") + 1;
    started_ = parse_json(text.substr(brace, text.find('\n', brace) - brace)).value();
  }

  Process& process() { return process_; }
  std::string member(const std::string& name) const { return started_.at(name).get<std::string>(); }
  std::string url() const { return member("url"); }
  client::ControlApi control() const { return client::ControlApi(url()); }
  client::PartnerApi partner() const { return development_partner(url()); }

  // Runs a client command against it.
  Finished command(std::vector<std::string> arguments, const std::string& binary = "") const {
    return run(Command{std::move(arguments), {"ZEST_SANDBOX_URL=" + url()}, {}, binary});
  }
  Finished stop(int signal = SIGTERM) {
    process_.signal(signal);
    return process_.wait();
  }

 private:
  static std::vector<std::string> arguments(std::vector<std::string> options) {
    options.insert(options.begin(), {"serve", "--port", "0"});
    return options;
  }
  Process process_;
  Json started_;
};

}  // namespace zest::test

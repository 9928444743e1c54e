// Uploads by the first digit of their hash, which is the same 64 times.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "store/store_fixture.h"

namespace zest::store {

template <class Fixture>
class WithUploads : public Fixture {
 protected:
  Uploads& uploads() { return this->store_->uploads(); }
  std::filesystem::path spool(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = uploads().spool_dir() / name;
    std::ofstream(path) << bytes;
    return path;
  }
  std::string stored(char digit) {
    std::ifstream file(uploads().path(std::string(64, digit)));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  bool exists(char digit) { return std::filesystem::exists(uploads().path(std::string(64, digit))); }
  void keep(char digit) {
    ASSERT_TRUE(uploads().keep({{spool(std::string("s") + digit, "bytes"), std::string(64, digit)}}).ok());
  }
  void refer(const std::string& slug, std::optional<char> digit) {
    this->change([&](Write& tx) {
      Subscription subscription = sample_subscription(slug, "a", "veh_" + slug, "psn_1");
      if (digit) subscription.form = sample_upload(*digit);
      tx.put_subscription(subscription);
    });
  }
};

}  // namespace zest::store

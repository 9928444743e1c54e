// A store in a folder of its own, that can be closed and opened again; and what every backend is tested with.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "store/samples.h"
#include "store/sqlite/open.h"
#include "store/store.h"
#include "support/temporary_folder.h"

namespace zest::store {

class StoreFixture : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }

  // The store of this test, as it was left.
  virtual Result<std::unique_ptr<Store>> open() = 0;

  void reopen() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = open();
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store_ = std::move(opened).value();
  }

  // Runs statements that cannot fail.
  void change(const std::function<void(Write&)>& body) {
    const Result<void> done = store_->write([&body](Write& tx) -> Result<void> {
      body(tx);
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  template <class Body>
  auto look(Body body) {
    return store_->read(std::move(body)).value();
  }

  // Everything there is, added to a staged state.
  std::unique_ptr<Staged> staged_copy() {
    std::unique_ptr<Staged> staged = store_->stage().value();
    const Result<void> added = look([&staged](Read& tx) {
      return tx.visit_state([&staged](const StateItem& item) { return staged->add(item); });
    });
    EXPECT_TRUE(added.ok()) << added.error().detail;
    return staged;
  }

  test::TemporaryFolder folder_;
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<Store> store_;
};

// How a backend opens the store in a folder, its own or a new one.
struct Backend {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& folder, const Limits& limits,
                                               Log& log)>
      open;
};
inline void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

// Another backend has to pass the same tests: it is one more row.
inline std::vector<Backend> backends() {
  return {{"Sqlite", [](const std::filesystem::path& folder, const Limits& limits, Log& log) {
             SqliteOptions options;
             options.database = folder / "sandbox.db";
             options.durable = false;
             options.limits = limits;
             return open_sqlite(options, log);
           }}};
}

// What store.h promises, whatever is behind it.
class ConformanceTest : public StoreFixture, public ::testing::WithParamInterface<Backend> {
 protected:
  Result<std::unique_ptr<Store>> open() override { return GetParam().open(folder_.path(), limits_, log_); }

  Limits limits_;
};

#define ZEST_FOR_EVERY_BACKEND(suite)                                            \
  INSTANTIATE_TEST_SUITE_P(EveryBackend, suite, ::testing::ValuesIn(backends()), \
                           [](const auto& of) { return of.param.name; })

}  // namespace zest::store

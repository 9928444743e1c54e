// Zest docs: idempotency.
#include "rules/idempotency.h"

#include "rules/rules_fixture.h"

namespace zest::rules {
namespace {

class Idempotency : public RulesTest {
 protected:
  // Answers "n" for the n-th time that the call is executed.
  Result<Reply> call(Instant now, const std::optional<std::string>& key, const std::string& fingerprint = "f",
                     const std::string& client_id = "acme") {
    return at(
        now,
        [&](Context& context) {
          return run_once(context, key, fingerprint, [this, &context]() -> Result<Reply> {
            invest_one(context);
            return Reply{201, std::to_string(++executions_), false};
          });
        },
        client_id);
  }
  void invest_one(Context& context) {
    create_investors(context,
                     prepare_investors(Json::array({investor_row("p" + std::to_string(executions_))})));
  }
  int executions_ = 0;
};

TEST_F(Idempotency, KeysAre1To255VisibleAsciiCharacters) {
  for (const std::string& key : {std::string("k"), std::string(255, 'k'), std::string("!~")}) {
    EXPECT_TRUE(check_idempotency_key(key).ok()) << key;
  }
  for (const std::string& key :
       {std::string(), std::string(256, 'k'), std::string("a b"), std::string("\x7f"), std::string("ü")}) {
    EXPECT_FALSE(check_idempotency_key(key).ok()) << key;
  }
}

TEST_F(Idempotency, ReplayIsVerbatimAndHasNoEffect) {
  EXPECT_FALSE(call(after(0), "key").value().replayed);
  const Reply again = call(after(1), "key").value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, "1");
  EXPECT_EQ(executions_, 1);
  EXPECT_EQ(fired().size(), 1U);
}

TEST_F(Idempotency, WithoutAKeyEveryCallIsExecuted) {
  EXPECT_EQ(call(after(0), std::nullopt).value().body, "1");
  EXPECT_EQ(call(after(0), std::nullopt).value().body, "2");
}

TEST_F(Idempotency, KeyIsKeptFor24VirtualHoursToTheMillisecond) {
  ASSERT_TRUE(call(after(5), "key").ok());
  EXPECT_TRUE(call(after(5) + kIdempotencyWindow - Duration(1), "key").value().replayed);
  EXPECT_FALSE(call(after(5) + kIdempotencyWindow, "key").value().replayed);
  EXPECT_EQ(executions_, 2);
}

TEST_F(Idempotency, AKeyOfAnotherRequestIsAConflictUntilItsTimeIsOver) {
  ASSERT_TRUE(call(after(0), "key", "one").ok());
  expect_refused(call(after(1), "key", "two"), ErrorKind::Conflict, "Idempotency-Key");
  EXPECT_EQ(call(after(2), "key", "one").value().body, "1");
  EXPECT_EQ(call(after(0) + kIdempotencyWindow, "key", "two").value().body, "2");
}

TEST_F(Idempotency, KeysOfTwoPartnersHaveNothingInCommon) {
  add_partner("other");
  ASSERT_TRUE(call(after(0), "key", "one").ok());
  EXPECT_EQ(call(after(0), "key", "two", "other").value().body, "2");
}

TEST_F(Idempotency, ARefusalIsNotKept) {
  const auto refused = at(kDawn, [](Context& context) {
    return run_once(context, "key", "f", []() -> Result<Reply> { return invalid_request("no"); });
  });
  expect_refused(refused, ErrorKind::InvalidRequest, "no");
  EXPECT_FALSE(call(kDawn, "key", "other").value().replayed);
}

TEST_F(Idempotency, FingerprintIsOfMethodPathAndCanonicalBody) {
  const std::string one = request_fingerprint("POST", "/a", parse_json(R"({"b":1,"a":[1,2]})").value());
  EXPECT_EQ(one, request_fingerprint("POST", "/a", parse_json(R"({ "a":[1,2], "b":1 })").value()));
  EXPECT_NE(one, request_fingerprint("PUT", "/a", parse_json(R"({"b":1,"a":[1,2]})").value()));
  EXPECT_NE(one, request_fingerprint("POST", "/b", parse_json(R"({"b":1,"a":[1,2]})").value()));
  EXPECT_NE(one, request_fingerprint("POST", "/a", parse_json(R"({"b":1,"a":[2,1]})").value()));
}

}  // namespace
}  // namespace zest::rules

// Warnings without a sandbox around them: bounds, and signs that one look tells.
#include "insight/warnings.h"

#include <gtest/gtest.h>

#include "insight/warning_signs.h"
#include "protocol/operations.h"

namespace zest::insight {
namespace {

ObservedCall investors_without_key(std::string_view client_id, const CallSigns& signs, std::int64_t ms) {
  ObservedCall call;
  call.client_id = client_id;
  call.operation = row_of(kOperationTable, Operation::BulkCreateInvestors).id;
  call.path = "/v1/investors";
  call.status = 200;
  call.at = instant_from_ms(ms);
  call.signs = &signs;
  return call;
}

TEST(WarningList, WatchesNoMorePartnersThanItSays) {
  Warnings warnings;
  const CallSigns signs;
  for (std::size_t i = 0; i < Warnings::kMostPartners + 10; ++i) {
    const std::string client_id = "client_" + std::to_string(i);
    warnings.see(1, investors_without_key(client_id, signs, static_cast<std::int64_t>(i)));
  }
  ASSERT_EQ(warnings.list(std::nullopt).size(), 1U);
  EXPECT_EQ(warnings.list(std::nullopt).front().count, Warnings::kMostPartners);
  EXPECT_TRUE(warnings.list("client_0").empty());
  EXPECT_EQ(warnings.list("client_10").size(), 1U);
}

TEST(WarningList, RemembersTheNewestOfManyLostAnswers) {
  WarningWatch watch;
  CallSigns signs;
  signs.answer_lost = true;
  ObservedCall call;
  call.operation = row_of(kOperationTable, Operation::CreateSpvRequest).id;
  for (int i = 0; i < 100; ++i) {
    const std::string text = std::to_string(i);
    signs.fingerprint = "body-" + text;
    call.idempotency_key = text;
    call.status = 503;
    call.signs = &signs;
    EXPECT_TRUE(watch.see(call).empty());
  }
  signs.answer_lost = false;
  call.status = 201;
  call.idempotency_key = "fresh";
  signs.fingerprint = "body-0";
  EXPECT_TRUE(watch.see(call).empty());
  signs.fingerprint = "body-99";
  ASSERT_EQ(watch.see(call).size(), 1U);
  EXPECT_TRUE(watch.see(call).empty());  // told once of that try
}

// Of two copies under way together one is refused before the other is taken; a later attempt is no copy.
TEST(WarningList, ACopyRefusedBeforeTheOtherIsTakenDiffers) {
  const auto rules_after = [](AttemptKind kind, int number_of_the_taken) {
    WarningWatch watch;
    ObservedAttempt attempt;
    attempt.event_id = "wde_1";
    attempt.kind = kind;
    attempt.response_status = 409;
    EXPECT_EQ(watch.see(attempt).at(0).rule, Rule::WarnEventRefused);
    attempt.kind = AttemptKind::Scheduled;
    attempt.number = number_of_the_taken;
    attempt.response_status = 200;
    attempt.delivered = true;
    std::vector<Rule> rules;
    for (const WarningFound& found : watch.see(attempt)) rules.push_back(found.rule);
    return rules;
  };
  EXPECT_EQ(rules_after(AttemptKind::Copy, 1), std::vector{Rule::WarnAnswersDiffer});
  EXPECT_EQ(rules_after(AttemptKind::Scheduled, 2), std::vector<Rule>{});
}

TEST(WarningList, IsTextForPeople) {
  Warnings warnings;
  const CallSigns signs;
  warnings.see(7, investors_without_key("client_a", signs, 0));
  const auto page = [&] {
    Json documents = Json::array();
    for (const Warning& warning : warnings.list(std::nullopt)) documents.push_back(to_json(warning));
    return Json{{"documents", documents}};
  };
  EXPECT_NE(warnings_text(page()).find("seen:  without an Idempotency-Key (client_a, bulkCreateInvestors, "
                                       "call-7, 1970-01-01T00:00:00.000Z)"),
            std::string::npos)
      << warnings_text(page());
  warnings.see(8, investors_without_key("client_a", signs, 1000));
  EXPECT_EQ(warnings_text(page()).rfind("warn.missing-key (2 times): ", 0), 0U);
  EXPECT_EQ(warnings_text(Json{{"documents", Json::array()}}), "Nothing to warn of.\n");
}

TEST(WarningSigns, AnUnknownParameterIsNamedWhereItIsAName) {
  const std::vector<std::string> known = {"page", "perPage", "status"};
  const auto said = [&known](std::string_view name) { return unknown_parameter_in({"page", name}, known); };
  for (const char* fine : {"page", "perPage", "status", "", "_", "1767225600"})
    EXPECT_EQ(said(fine), "") << fine;
  EXPECT_EQ(said("per_page"), "per_page is no query parameter of it; did you mean perPage?");
  EXPECT_EQ(said("filter[status]"), "filter[status] is no query parameter of it");
  for (const char* other : {"ada@example.com", "+31612345678x", "eyJhbGciOiJFZERTQSJ9", "x y", "[open"})
    EXPECT_EQ(said(other), "a name that is not shown is no query parameter of it") << other;
  EXPECT_EQ(unknown_parameter_in({"page"}, {}), "page is no query parameter of it");
}

TEST(WarningSigns, BytesAreNamedForPeople) {
  EXPECT_EQ(type_of_bytes(""), "an empty file");
  EXPECT_EQ(type_of_bytes("GIF89a"), "GIF");
  EXPECT_EQ(type_of_bytes("PK\x03\x04"), "a ZIP archive or an Office document");
  EXPECT_EQ(type_of_bytes("RIFF"), "text");
  EXPECT_EQ(type_of_bytes("\x01\x02"), "something else");
  EXPECT_FALSE(fits_type("image/webp", "RIFF"));  // cut off
  EXPECT_TRUE(fits_type("text/plain", "anything"));
}

}  // namespace
}  // namespace zest::insight

// The mistakes that are made with assertions and access tokens: what each is, what to do, and the line of
// code to look for. Zest docs: authentication. Thread-safety: immutable.
#pragma once

#include <string>

#include "insight/finding.h"

namespace zest::insight {

enum class TokenMistake {
  Wrapped,
  Parts,
  Encoding,
  Json,
  RefreshToken,
  AccessToken,
  AccessRefused,
  Algorithm,
  Critical,
  ClaimMissing,
  ClaimType,
  Subject,
  Audience,
  Milliseconds,
  IssuedInFuture,
  Expired,
  Order,
  Lifetime,
  LongLifetime,
  NotYet,
  JtiSpent,
  UnknownClient,
  SignatureForm,
  ForeignKey,
  SignedInput,
  KeyFile,
};

// With what was done in this case ("exp was 12 s ago").
Mistake make_mistake(TokenMistake mistake, const std::string& detail = "");

}  // namespace zest::insight

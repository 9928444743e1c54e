// The mistakes that are made with webhook signatures: what each is, what to do, and the line of code to look
// for. Zest docs: webhooks/signatures. Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>

#include "insight/finding.h"

namespace zest::insight {

enum class SignatureMistake {
  BodyReserialised,
  BodyPart,
  BodyPrinted,
  BodyEmpty,
  BodyQuoted,
  BodyLineEnds,
  BodyByteOrderMark,
  BodyCharset,
  BodyCompressed,
  BodyBase64,
  BodyEscaped,
  BodyCutOff,
  BodyOfAnotherEvent,
  BodyChanged,
  SecretPrefix,
  SecretDecoded,
  SecretWhiteSpace,
  SecretQuotes,
  SecretCase,
  SecretUnset,
  SecretTransformed,
  SecretOfAnother,
  TimestampLeftOut,
  TimestampMilliseconds,
  TimestampOwnClock,
  TimestampOther,
  DotMissing,
  MessageParts,
  MessageCharset,
  KeyAndMessageSwapped,
  HashWithoutHmac,
  HashedTwice,
  Algorithm,
  DigestUpperCase,
  DigestBase64,
  DigestPrefix,
  DigestForm,
  HeaderMissing,
  HeaderForm,
  HeaderVersion,
  ClockTooFarOff,
  Comparison,
  Unknown,
};

std::string_view id_of(SignatureMistake mistake);
// The mistake with what was done in this case ("with a trailing newline"); without it the mistake's own
// sentence.
Mistake make_mistake(SignatureMistake mistake, const std::string& detail = "");

}  // namespace zest::insight

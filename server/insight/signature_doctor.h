// Finds out why a webhook's signature does not verify, or why somebody's code computes another one: tries the
// usual mistakes, alone, in pairs and as far as its budget goes in threes, and names those that explain what
// is at hand. Zest docs: webhooks/signatures. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "insight/finding.h"

namespace zest::insight {

struct SignatureCase {
  std::optional<std::string> header;    // the value of Zest-Signature; nothing when it is missing
  std::string body;                     // as the receiver has it
  std::string secret;                   // as the receiver has it
  std::optional<std::string> computed;  // what the receiver's code computed
  std::string event_id;                 // Zest-Event-Id; "" when unknown
  std::string url;                      // of the endpoint; "" when unknown
  Instant now{};                        // wall

  // What a sandbox knows besides: bodies that were sent, by event id, and the secrets of its partners.
  struct Known {
    std::string name;
    std::string text;
  };
  std::vector<Known> bodies;
  std::vector<Known> secrets;
};

struct SignatureDiagnosis {
  bool verified = false;           // as a receiver that follows the documentation judges
  bool signature_matches = false;  // whatever the clock says
  std::string expected;            // v1 of this secret, t and body; "" without a usable t
  // Empty when all is well. No secret is part of any text.
  std::vector<Finding> findings;
};

SignatureDiagnosis diagnose_signature(const SignatureCase& given);

}  // namespace zest::insight

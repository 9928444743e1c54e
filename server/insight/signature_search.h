// Searches for the fewest mistakes that turn a secret, a timestamp and a body into a digest that somebody
// has. Thread-safety: none; one object is used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "insight/signature_variants.h"

namespace zest::insight {

struct SignatureInputs {
  std::string secret;
  std::string timestamp;  // as the header has it
  std::string body;
  std::string event_id;  // "": that of the body
  std::string header;
  std::string url;                       // of the endpoint; "" when it is not known
  std::vector<Variant> further_secrets;  // of others
  std::vector<Variant> further_bodies;   // other events'
  std::int64_t now_seconds = 0;          // wall
};

class SignatureSearch {
 public:
  // `target`: a digest as it was written by code or in a header.
  SignatureSearch(SignatureInputs inputs, const std::string& target);

  // The explanations with the fewest mistakes: each a list of them, without `text`. Empty: none was found.
  std::vector<std::vector<Variant>> run();
  // Whether the search ended before all combinations were tried, as it does for large bodies.
  bool gave_up() const { return budget_ <= 0; }

 private:
  struct Recipe {
    std::string_view secret, timestamp, body;
    Joining joining = Joining::Documented;
    Making making = Making::Hmac;
    Digest digest = Digest::Sha256;
  };
  using Notes = std::vector<const Variant*>;

  void descend(const Recipe& recipe, std::size_t dimension, int left, Notes& notes);
  void try_twice();
  void try_clocks();
  void try_beginnings();
  void evaluate(const Recipe& recipe, const Notes& notes, bool lossy);
  void explain(const Notes& notes, const std::vector<Variant>& written);
  Recipe plain() const;
  bool done() const;

  SignatureInputs inputs_;
  std::string target_;  // trimmed
  std::vector<Reading> readings_;
  std::vector<Variant> secrets_, bodies_, timestamps_, joinings_, makings_;
  std::int64_t budget_;
  int depth_ = 0;
  std::vector<std::vector<Variant>> found_;
  std::set<std::string> told_;
};

}  // namespace zest::insight

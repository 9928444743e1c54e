#include "insight/signature_search.h"
#include "insight/text_forms.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "base/time.h"

namespace zest::insight {
namespace {

// Bytes that may be hashed before the search gives up: about half a second's work.
constexpr std::int64_t kBudget = std::int64_t{256} << 20U;
constexpr std::int64_t kCostOfOne = 300;  // of a digest, however short its text
constexpr std::size_t kDocumentBytes = 16U << 20U;
constexpr std::size_t kMostExplanations = 3;
constexpr std::size_t kShortestCut = 12;       // hex digits of a digest that was cut off
constexpr std::int64_t kClockRange = 600;      // seconds around t and around now
constexpr std::size_t kMostBeginnings = 8192;  // every beginning of a body up to this size is tried
constexpr std::size_t kDimensions = 5;

std::string event_id_of(std::string_view body) {
  const Result<Json> document = parse_json(body);
  return document.ok() ? text_member(*document, "eventId") : std::string();
}

}  // namespace

SignatureSearch::SignatureSearch(SignatureInputs inputs, const std::string& target)
    : inputs_(std::move(inputs)), target_(trimmed(target)), readings_(readings(target)), budget_(kBudget) {
  if (inputs_.event_id.empty()) inputs_.event_id = event_id_of(inputs_.body);
  secrets_ = secret_variants(inputs_.secret);
  secrets_.push_back({SignatureMistake::SecretTransformed, "the HMAC of t with it",
                      hmac_sha256(inputs_.secret, inputs_.timestamp)});
  secrets_.insert(secrets_.end(), inputs_.further_secrets.begin(), inputs_.further_secrets.end());
  bodies_ = body_variants(inputs_.body);
  for (Variant& variant : document_variants(inputs_.body, kDocumentBytes))
    bodies_.push_back(std::move(variant));
  bodies_.insert(bodies_.end(), inputs_.further_bodies.begin(), inputs_.further_bodies.end());
  timestamps_ = timestamp_variants(inputs_.timestamp, inputs_.body);
  for (const JoiningVariant& variant : joining_variants()) {
    joinings_.push_back({variant.mistake, std::string(variant.detail), ""});
  }
  for (const MakingVariant& variant : making_variants()) {
    makings_.push_back({variant.mistake, std::string(variant.detail), ""});
  }
}

SignatureSearch::Recipe SignatureSearch::plain() const {
  Recipe recipe;
  recipe.secret = inputs_.secret;
  recipe.timestamp = inputs_.timestamp;
  recipe.body = inputs_.body;
  return recipe;
}

bool SignatureSearch::done() const { return budget_ <= 0 || found_.size() >= kMostExplanations; }

std::vector<std::vector<Variant>> SignatureSearch::run() {
  for (depth_ = 0; depth_ <= 3 && found_.empty() && budget_ > 0; ++depth_) {
    Notes notes;
    descend(plain(), 0, depth_, notes);
    if (depth_ == 1 && found_.empty()) {
      try_clocks();
      try_beginnings();
    }
    if (depth_ == 2 && found_.empty()) try_twice();
  }
  return std::move(found_);
}

// Chooses `left` of the dimensions from this one on, and of each every variant.
void SignatureSearch::descend(const Recipe& recipe, std::size_t dimension, int left, Notes& notes) {
  if (left == 0) return evaluate(recipe, notes, depth_ <= 1);
  for (; dimension < kDimensions; ++dimension) {
    const std::vector<Variant>* const all[kDimensions] = {&secrets_, &bodies_, &timestamps_, &joinings_,
                                                          &makings_};
    const std::vector<Variant>& variants = *all[dimension];
    for (std::size_t i = 0; i < variants.size() && !done(); ++i) {
      Recipe changed = recipe;
      if (dimension == 0) changed.secret = variants[i].text;
      if (dimension == 1) changed.body = variants[i].text;
      if (dimension == 2) changed.timestamp = variants[i].text;
      if (dimension == 3) changed.joining = joining_variants()[i].joining;
      if (dimension == 4) {
        changed.making = making_variants()[i].making;
        changed.digest = making_variants()[i].digest;
      }
      notes.push_back(&variants[i]);
      descend(changed, dimension + 1, left - 1, notes);
      notes.pop_back();
    }
  }
}

// Two mistakes with the same input.
void SignatureSearch::try_twice() {
  for (const Variant& first : secrets_) {
    for (const Variant& second : secret_variants(first.text)) {
      if (done()) return;
      Recipe recipe = plain();
      recipe.secret = second.text;
      evaluate(recipe, {&first, &second}, false);
    }
  }
  for (const Variant& first : bodies_) {
    if (first.text.size() > kDocumentBytes / 16) continue;
    for (const Variant& second : body_variants(first.text)) {
      if (done()) return;
      Recipe recipe = plain();
      recipe.body = second.text;
      evaluate(recipe, {&first, &second}, false);
    }
  }
}

// The receiver's own clock, at about the time of the webhook or of this question.
void SignatureSearch::try_clocks() {
  const Variant mistake{SignatureMistake::TimestampOwnClock, "", ""};
  std::int64_t signed_at = inputs_.now_seconds;
  std::from_chars(inputs_.timestamp.data(), inputs_.timestamp.data() + inputs_.timestamp.size(), signed_at);
  for (const std::int64_t middle : {signed_at, inputs_.now_seconds}) {
    if (middle < -kLastSecond || middle > kLastSecond) continue;
    for (std::int64_t at = middle - kClockRange; at <= middle + kClockRange && !done(); ++at) {
      const std::string text = std::to_string(at);
      Recipe recipe = plain();
      recipe.timestamp = text;
      evaluate(recipe, {&mistake}, false);
    }
  }
}

void SignatureSearch::try_beginnings() {
  const std::string& body = inputs_.body;
  const auto attempt = [this, &body](std::size_t length) {
    if (length == 0 || length >= body.size() || done()) return;
    const Variant mistake{SignatureMistake::BodyCutOff, "its first " + std::to_string(length) + " bytes", ""};
    Recipe recipe = plain();
    recipe.body = std::string_view(body).substr(0, length);
    evaluate(recipe, {&mistake}, false);
  };
  // As many bytes as the text has characters: a length that was counted in them.
  const auto characters = std::count_if(
      body.begin(), body.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
  attempt(static_cast<std::size_t>(characters));
  for (std::size_t length = 512; length <= (std::size_t{1} << 20U); length *= 2) attempt(length);
  for (const std::size_t length : {1000U, 10'000U, 100'000U}) attempt(length);
  if (body.size() > kMostBeginnings) return;
  for (std::size_t length = 1; length < body.size(); ++length) attempt(length);
}

void SignatureSearch::evaluate(const Recipe& recipe, const Notes& notes, bool lossy) {
  const std::optional<std::string> signed_text =
      joined(recipe.joining, {recipe.timestamp, recipe.body, inputs_.event_id, inputs_.header, inputs_.url});
  if (!signed_text) return;
  const std::string& message = *signed_text;
  budget_ -= kCostOfOne + static_cast<std::int64_t>(message.size() + recipe.secret.size());
  const std::string digest = recipe.making == Making::Hmac && recipe.digest == Digest::Sha256
                                 ? hmac_sha256(recipe.secret, message)
                                 : made(recipe.making, recipe.digest, recipe.secret, message);
  if (digest.empty()) return;
  for (const Reading& reading : readings_) {
    if (reading.raw == digest) return explain(notes, reading.mistakes);
    const std::size_t cut = reading.raw.size();
    if (lossy && cut * 2 >= kShortestCut && cut < digest.size() && digest.compare(0, cut, reading.raw) == 0) {
      std::vector<Variant> written = reading.mistakes;
      written.push_back(
          {SignatureMistake::DigestForm, "only its first " + std::to_string(cut) + " bytes", ""});
      return explain(notes, written);
    }
  }
  if (!lossy) return;
  for (const Variant& form : lossy_forms(digest)) {
    if (form.text == target_) return explain(notes, {Variant{form.mistake, form.detail, ""}});
  }
}

void SignatureSearch::explain(const Notes& notes, const std::vector<Variant>& written) {
  if (found_.size() >= kMostExplanations) return;
  std::vector<Variant> all;
  std::string kinds;
  for (const Variant* each : notes) {
    all.push_back({each->mistake, each->detail, ""});
    kinds += std::to_string(static_cast<int>(each->mistake)) + " ";
  }
  for (const Variant& each : written) {
    all.push_back(each);
    kinds += std::to_string(static_cast<int>(each.mistake)) + " ";
  }
  if (told_.insert(kinds).second) found_.push_back(std::move(all));
}

}  // namespace zest::insight

#include "insight/warning_signs.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"
#include "base/url.h"
#include "rules/partners.h"

namespace zest::insight {
namespace {

constexpr std::size_t kFewestPhoneDigits = 9;  // of a number with its country
constexpr std::size_t kMostPhoneDigits = 15;   // E.164
constexpr std::size_t kShortestName = 3;       // a shorter one is in too many words
// Names that tests give to nobody in particular.
constexpr std::array<std::string_view, 16> kNobody = {
    "test", "tester",  "testing",  "investor", "person", "user", "partner", "sample",
    "demo", "example", "customer", "client",   "name",   "last", "first",   "doe"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(), to_lower);
  return low;
}

// 8-4-4-4-12.
bool is_uuid_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() - at < kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '-' ? text[at + i] != '-' : !is_hex(text[at + i])) return false;
  }
  return true;
}

std::string without_uuids(std::string_view text) {
  constexpr std::size_t kUuid = 36;
  std::string rest;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_uuid_at(text, i)) {
      i += kUuid - 1;
      rest += ' ';
    } else {
      rest += text[i];
    }
  }
  return rest;
}

// Letters and digits in a row.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (is_letter(text[i]) || is_digit(text[i]))) continue;
    if (i > begin) words.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

bool holds_email(std::string_view text) {
  for (const std::string_view mark : {std::string_view("@"), std::string_view("%40")}) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view domain = text.substr(at + mark.size());
    const std::size_t dot = domain.find('.');
    if (dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size() && is_letter(domain[dot + 1]))
      return true;
  }
  return false;
}

// "+31612345678", "+31-6-1234-5678"; without the plus a number is a counter like any other.
bool holds_phone(std::string_view text) {
  for (std::size_t at = text.find('+'); at != std::string_view::npos; at = text.find('+', at + 1)) {
    std::size_t digits = 0;
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (is_digit(text[i])) ++digits;
      const bool between = std::string_view("-.()_").find(text[i]) != std::string_view::npos;
      if (!is_digit(text[i]) && !between) break;
    }
    if (digits >= kFewestPhoneDigits && digits <= kMostPhoneDigits) return true;
  }
  return false;
}

// One or two capitals and 6 to 8 digits, 8 or 9 characters in all, as most passports have it. A number that
// begins with 0 is a counter.
bool is_passport(std::string_view word) {
  if (word.size() < 8 || word.size() > 9) return false;
  const std::size_t letters = is_upper(word[1]) ? 2 : 1;
  if (!is_upper(word[0]) || word[letters] == '0') return false;
  return std::all_of(word.begin() + static_cast<std::ptrdiff_t>(letters), word.end(), is_digit);
}

bool is_nobody(const std::string& name) {
  return name.size() < kShortestName || std::find(kNobody.begin(), kNobody.end(), name) != kNobody.end();
}

std::string about_investors(std::string_view key, const Json& body) {
  const Json* investors = member(body, "investors");
  if (investors == nullptr || !investors->is_array()) return "";
  const std::string text = lower(key);
  const std::vector<std::string_view> words = words_of(text);
  const auto has_word = [&words](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  for (const Json& investor : *investors) {
    const std::string first = lower(text_member(investor, "firstName"));
    const std::string last = lower(text_member(investor, "lastName"));
    const std::string born = text_member(investor, "dateOfBirth");
    const bool both = !first.empty() && !last.empty() &&
                      (text.find(first + last) != std::string::npos || (has_word(first) && has_word(last)));
    if (!is_nobody(last) && (both || has_word(last))) return "an investor's name";
    if (born.size() == 10 && key.find(born) != std::string_view::npos) return "a date of birth";
  }
  return "";
}

// "per_page", "filter[status]"; what has another form may be a person's or a secret.
bool is_written_like_a_name(std::string_view text) {
  constexpr std::size_t kLongestName = 30;
  const std::size_t bracket = std::min(text.find('['), text.size());
  const bool closed = bracket == text.size() || text.back() == ']';
  return text.size() <= kLongestName && closed && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || c == '_' || c == '-' || c == '[' || c == ']';
         });
}

bool begins(std::string_view text, std::string_view mark) { return text.substr(0, mark.size()) == mark; }

bool is_pdf(std::string_view bytes) {
  return bytes.substr(0, kFileBeginning).find("%PDF") != std::string_view::npos;
}
bool is_png(std::string_view bytes) { return begins(bytes, "\x89PNG\r\n\x1a\n"); }
bool is_jpeg(std::string_view bytes) { return begins(bytes, "\xff\xd8\xff"); }
bool is_webp(std::string_view bytes) {
  return begins(bytes, "RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP";
}

}  // namespace

std::string personal_data_in(std::string_view key, const Json& body) {
  constexpr std::size_t kUuid = 36;
  if (key.size() == kUuid && is_uuid_at(key, 0)) return "";
  const std::string text = without_uuids(key);
  if (holds_email(text)) return "an e-mail address";
  if (holds_phone(text)) return "a phone number";
  const auto words = words_of(text);
  if (std::any_of(words.begin(), words.end(), is_passport)) return "a passport number";
  return about_investors(text, body);
}

std::string unknown_parameter_in(const std::vector<std::string_view>& sent,
                                 const std::vector<std::string>& known) {
  for (const std::string_view name : sent) {
    if (std::none_of(name.begin(), name.end(), is_letter)) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string shown = is_written_like_a_name(name) ? std::string(name) : "a name that is not shown";
    return shown + " is no query parameter of it" + did_you_mean(name, known);
  }
  return "";
}

bool fits_type(std::string_view media_type, std::string_view beginning) {
  std::string type = lower(media_type.substr(0, media_type.find(';')));
  while (!type.empty() && is_blank(type.back())) type.pop_back();
  if (type == "application/pdf") return is_pdf(beginning);
  if (type == "image/png") return is_png(beginning);
  if (type == "image/jpeg") return is_jpeg(beginning);
  if (type == "image/webp") return is_webp(beginning);
  return true;
}

std::string type_of_bytes(std::string_view beginning) {
  if (beginning.empty()) return "an empty file";
  if (is_pdf(beginning)) return "PDF";
  if (is_png(beginning)) return "PNG";
  if (is_jpeg(beginning)) return "JPEG";
  if (is_webp(beginning)) return "WEBP";
  if (begins(beginning, "GIF8")) return "GIF";
  if (begins(beginning, "PK\x03\x04")) return "a ZIP archive or an Office document";
  const bool readable = std::all_of(beginning.begin(), beginning.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\r' || c == '\t';
  });
  return readable ? "text" : "something else";
}

bool is_plain_http_elsewhere(const std::string& url) {
  const Result<HttpUrl> parsed = parse_http_url(url);
  if (!parsed.ok() || parsed->secure) return false;
  const std::string& host = parsed->host;
  const bool address = host.front() == '[' ||
                       std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
  if (address) return rules::is_public_address(url);
  if (host.find('.') == std::string::npos) return false;
  for (const std::string_view own : {".local", ".localhost", ".internal", ".test", ".lan", ".home.arpa",
                                     ".localdomain", ".intranet", ".home"}) {
    if (host.ends_with(own)) return false;
  }
  return true;
}

}  // namespace zest::insight

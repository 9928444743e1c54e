#include "insight/signature_variants.h"

#include <charconv>
#include <set>
#include <utility>

#include "base/compression.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "insight/json_styles.h"
#include "insight/text_forms.h"

namespace zest::insight {
namespace {

using M = SignatureMistake;

constexpr std::string_view kPrefix = "whsec_";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMostInflated = 4U << 20U;

// The object as a language prints it when it is put into a text.
struct Printing {
  std::string_view open, close, equals, comma, quote;
  std::string_view yes, no, nothing;
  std::string_view list_open, list_close;
};
constexpr std::pair<Printing, std::string_view> kPrintings[] = {
    {{"{", "}", ": ", ", ", "'", "True", "False", "None", "[", "]"}, "as Python prints a dict"},
    {{"{", "}", "=>", ", ", "\"", "true", "false", "nil", "[", "]"}, "as Ruby prints a hash"},
    {{"{", "}", "=", ", ", "", "true", "false", "null", "[", "]"}, "as Java prints a Map"},
    {{"map[", "]", ":", " ", "", "true", "false", "<nil>", "[", "]"}, "as Go prints a map"},
};

// str(body) of Python, where body is bytes.
std::string printed_as_bytes(std::string_view body) {
  const bool doubles = body.find('\'') != std::string_view::npos && body.find('"') == std::string_view::npos;
  const char quote = doubles ? '"' : '\'';
  std::string out = std::string("b") + quote;
  for (const char c : body) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out.append("\\").append(1, c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte >= 0x7F) {
      out += "\\x" + to_hex(std::string(1, c));
    } else {
      out += c;
    }
  }
  return out + quote;
}

// JSON.stringify(buffer) of Node.
std::string printed_as_buffer(std::string_view body) {
  std::string out;
  for (const char c : body)
    out += (out.empty() ? "" : ",") + std::to_string(static_cast<int>(static_cast<unsigned char>(c)));
  return "{\"type\":\"Buffer\",\"data\":[" + out + "]}";
}

void print_object(std::string& out, const Json& json, const Printing& as) {
  if (json.is_object() || json.is_array()) {
    const bool object = json.is_object();
    out += object ? as.open : as.list_open;
    bool first = true;
    for (auto item = json.begin(); item != json.end(); ++item) {
      if (!std::exchange(first, false)) out += as.comma;
      if (object) out.append(as.quote).append(item.key()).append(as.quote).append(as.equals);
      print_object(out, item.value(), as);
    }
    out += object ? as.close : as.list_close;
  } else if (json.is_string()) {
    out.append(as.quote).append(json.get_ref<const std::string&>()).append(as.quote);
  } else if (json.is_boolean()) {
    out += json.get<bool>() ? as.yes : as.no;
  } else if (json.is_null()) {
    out += as.nothing;
  } else {
    out += dump_json(json);
  }
}

Json sorted(const Json& json) {
  const Result<Json> parsed =
      parse_json(write_json(json, JsonStyle{JsonStyle::Layout::Compact, JsonStyle::Order::Sorted}));
  return parsed.ok() ? *parsed : json;
}

// With names as .NET and Go write those of their types: "eventId" as "EventId". `deep`: also below the
// envelope.
Json with_pascal_names(const Json& json, bool deep) {
  if (json.is_array() && deep) {
    Json list = Json::array();
    for (const Json& item : json) list.push_back(with_pascal_names(item, deep));
    return list;
  }
  if (!json.is_object()) return json;
  Json renamed = Json::object();
  for (const auto& [name, value] : json.items()) {
    std::string pascal = name;
    if (!pascal.empty()) pascal.replace(0, 1, upper(pascal.substr(0, 1)));
    renamed[pascal] = deep ? with_pascal_names(value, deep) : value;
  }
  return renamed;
}

// Collects variants of one text, each result once, and never the text itself.
class Collection {
 public:
  explicit Collection(const std::string& of) : seen_{of} {}
  void add(M mistake, std::string detail, std::string text) {
    if (seen_.insert(text).second) variants_.push_back({mistake, std::move(detail), std::move(text)});
  }
  std::vector<Variant> take() { return std::move(variants_); }

 private:
  std::set<std::string> seen_;
  std::vector<Variant> variants_;
};

void add_decoded_secret(Collection& all, std::string_view part, std::string_view which) {
  const std::string of(which);
  if (const Result<std::string> bytes = from_hex(part); bytes.ok()) {
    all.add(M::SecretDecoded, of + "decoded from hex", *bytes);
  }
  all.add(M::SecretDecoded, of + "decoded from base64", loose_base64(part, false));
  all.add(M::SecretDecoded, of + "decoded from base64url", loose_base64(part, true));
}

void add_transformed_secret(Collection& all, const std::string& secret, std::string_view which) {
  const std::string of(which);
  all.add(M::SecretTransformed, of + "its SHA-256 in hex", to_hex(sha256(secret)));
  all.add(M::SecretTransformed, of + "its SHA-256 as bytes", sha256(secret));
  all.add(M::SecretTransformed, of + "encoded in base64", base64_encode(secret));
  all.add(M::SecretTransformed, of + "encoded in hex", to_hex(secret));
}

}  // namespace

std::vector<Variant> secret_variants(const std::string& secret) {
  Collection all(secret);
  const std::string rest = starts_with(secret, kPrefix) ? secret.substr(kPrefix.size()) : "";
  if (!rest.empty()) {
    all.add(M::SecretPrefix, "without whsec_", rest);
    all.add(M::SecretPrefix, "without whsec", secret.substr(kPrefix.size() - 1));
    if (starts_with(rest, kPrefix)) all.add(M::SecretPrefix, "with one whsec_ instead of two", rest);
  } else {
    all.add(M::SecretPrefix, "with whsec_ before it", std::string(kPrefix) + secret);
  }
  all.add(M::SecretPrefix, "with whsec_ before it once more", std::string(kPrefix) + secret);
  all.add(M::SecretWhiteSpace, "without white space around it", trimmed(secret));
  for (const auto& [end, detail] :
       {std::pair{"\n", "with a newline at its end"}, std::pair{"\r\n", "with \\r\\n at its end"},
        std::pair{"\r", "with \\r at its end"}, std::pair{" ", "with a space at its end"}}) {
    all.add(M::SecretWhiteSpace, detail, secret + end);
  }
  all.add(M::SecretWhiteSpace, "with a space before it", " " + secret);
  all.add(M::SecretWhiteSpace, "with a NUL at its end", secret + std::string(1, '\0'));
  for (const char quote : {'"', '\'', '`'}) {
    const std::string mark(1, quote);
    all.add(M::SecretQuotes, "with " + mark + " around it", mark + secret + mark);
    if (secret.size() > 2 && secret.front() == quote && secret.back() == quote) {
      all.add(M::SecretQuotes, "without the " + mark + " around it", secret.substr(1, secret.size() - 2));
    }
  }
  add_decoded_secret(all, rest.empty() ? secret : rest, rest.empty() ? "" : "without whsec_, ");
  add_decoded_secret(all, secret, "whole, ");
  all.add(M::SecretCase, "in upper case", upper(secret));
  all.add(M::SecretCase, "in lower case", lower(secret));
  for (const char* word :
       {"", "undefined", "null", "None", "nil", "false", "[object Object]", "ZEST_WEBHOOK_SECRET",
        "$ZEST_WEBHOOK_SECRET", "${ZEST_WEBHOOK_SECRET}", "whsec_", "secret", "changeme"}) {
    all.add(M::SecretUnset, *word == '\0' ? "empty" : "the text \"" + std::string(word) + "\"", word);
  }
  add_transformed_secret(all, secret, "");
  if (!rest.empty()) add_transformed_secret(all, rest, "without whsec_, ");
  if (const auto points = code_points(secret)) {
    all.add(M::SecretTransformed, "as UTF-16", utf16(*points, true));
    all.add(M::SecretTransformed, "as big-endian UTF-16", utf16(*points, false));
    all.add(M::SecretTransformed, "as Java's UTF-16, with a byte order mark",
            "\xFE\xFF" + utf16(*points, false));
  }
  all.add(M::SecretTransformed, "percent-encoded", percent_encoded(secret, false));
  for (const std::size_t length : {16U, 24U, 32U, 64U}) {
    if (secret.size() > length) {
      all.add(M::SecretTransformed, "its first " + std::to_string(length) + " bytes",
              secret.substr(0, length));
    }
  }
  all.add(M::SecretTransformed, "reversed", std::string(secret.rbegin(), secret.rend()));
  return all.take();
}

std::vector<Variant> body_variants(const std::string& body) {
  Collection all(body);
  for (const auto& [end, detail] :
       {std::pair{"\n", "with a newline at its end"}, std::pair{"\r\n", "with \\r\\n at its end"},
        std::pair{"\n\n", "with two newlines at its end"}, std::pair{" ", "with a space at its end"}}) {
    all.add(M::BodyLineEnds, detail, body + end);
  }
  if (!body.empty() && body.back() == '\n') {
    const std::size_t ends = body.size() > 1 && body[body.size() - 2] == '\r' ? 2 : 1;
    all.add(M::BodyLineEnds, "without the newline at its end", body.substr(0, body.size() - ends));
  }
  all.add(M::BodyLineEnds, "without white space around it", trimmed(body));
  const std::string unix_lines = replaced(body, "\r\n", "\n");
  all.add(M::BodyLineEnds, "with \\n instead of \\r\\n", unix_lines);
  all.add(M::BodyLineEnds, "with \\r\\n instead of \\n", replaced(unix_lines, "\n", "\r\n"));
  all.add(M::BodyLineEnds, "without line ends", without_all(body, "\r\n"));
  all.add(M::BodyLineEnds, "with a NUL at its end", body + std::string(1, '\0'));
  all.add(M::BodyByteOrderMark, "with a byte order mark before it", std::string(kByteOrderMark) + body);
  all.add(M::BodyByteOrderMark, "without the byte order mark before it",
          std::string(without_byte_order_mark(body)));
  if (const auto points = code_points(body)) {
    all.add(M::BodyCharset, "as Latin-1", single_bytes(*points, 0xFF, "?"));
    all.add(M::BodyCharset, "as ASCII, with ? for other letters", single_bytes(*points, 0x7F, "?"));
    all.add(M::BodyCharset, "as ASCII, without other letters", single_bytes(*points, 0x7F, ""));
    all.add(M::BodyCharset, "as UTF-16", utf16(*points, true));
    all.add(M::BodyCharset, "as big-endian UTF-16", utf16(*points, false));
    all.add(M::BodyCharset, "as UTF-16 with a byte order mark", "\xFF\xFE" + utf16(*points, true));
  }
  all.add(M::BodyCharset, "as UTF-8 of bytes that were taken for Latin-1", encoded_twice(body));
  if (auto once = decoded_once(body))
    all.add(M::BodyCharset, "decoded from UTF-8 once more", std::move(*once));
  std::string unreadable;
  for (const char c : body)
    unreadable += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xEF\xBF\xBD";
  all.add(M::BodyCharset, "decoded as ASCII, with U+FFFD for every other byte", std::move(unreadable));
  if (auto plain = decompress(body, kMostInflated))
    all.add(M::BodyCompressed, "decompressed", std::move(*plain));
  all.add(M::BodyBase64, "encoded in base64", base64_encode(body));
  if (const Result<std::string> decoded = base64_decode(trimmed(body)); decoded.ok()) {
    all.add(M::BodyBase64, "decoded from base64", *decoded);
  }
  all.add(M::BodyEscaped, "encoded in hex", to_hex(body));
  all.add(M::BodyQuoted, "as a JSON string", dump_json(body));
  all.add(M::BodyQuoted, "with quotes around it", "\"" + body + "\"");
  all.add(M::BodyPrinted, "as Python prints bytes", printed_as_bytes(body));
  all.add(M::BodyPrinted, "as Node's JSON.stringify writes a Buffer", printed_as_buffer(body));
  if (const Result<Json> text = parse_json(body); text.ok() && text->is_string()) {
    all.add(M::BodyQuoted, "taken out of the JSON string", text->get<std::string>());
  }
  all.add(M::BodyEscaped, "with &quot; for quotes", html_escaped(body, false));
  all.add(M::BodyEscaped, "with &quot; and &#039; for quotes", html_escaped(body, true));
  all.add(M::BodyEscaped, "with HTML's entities resolved", html_unescaped(body));
  all.add(M::BodyEscaped, "with backslashes before quotes", with_slashes(body));
  all.add(M::BodyEscaped, "without backslashes", without_all(body, "\\"));
  all.add(M::BodyEscaped, "percent-encoded", percent_encoded(body, false));
  all.add(M::BodyEscaped, "form-encoded", percent_encoded(body, true));
  all.add(M::BodyEscaped, "form-encoded, as a name without value", percent_encoded(body, true) + "=");
  all.add(M::BodyEscaped, "percent-decoded", percent_decoded(body));
  all.add(M::BodyEmpty, "empty", "");
  for (const char* word : {"undefined", "null", "None", "nil", "{}", "false"}) {
    all.add(M::BodyEmpty, "the text \"" + std::string(word) + "\"", word);
  }
  for (const char* word : {"[object Object]", "Array", "[object Promise]", "[object Buffer]"}) {
    all.add(M::BodyPrinted, "the text \"" + std::string(word) + "\"", word);
  }
  all.add(M::BodyReserialised, "without any white space", without_all(body, " \t\r\n"));
  return all.take();
}

std::vector<Variant> document_variants(const std::string& body, std::size_t budget) {
  Collection all(body);
  Result<Json> document = parse_json(body);
  if (!document.ok()) return {};
  std::size_t used = 0;
  const auto add = [&](M mistake, std::string detail, std::string text) {
    used += text.size();
    all.add(mistake, std::move(detail), std::move(text));
  };
  for (const JsonStyle& style : json_styles()) {
    if (used > budget) return all.take();
    const std::string words = describe(style);
    add(M::BodyReserialised, words.empty() ? "without white space, escapes as few as can be" : words,
        write_json(*document, style));
  }
  for (const bool deep : {false, true}) {
    const Json renamed = with_pascal_names(*document, deep);
    for (const JsonStyle& style : json_styles()) {
      if (style.order != JsonStyle::Order::Kept || style.numbers != JsonStyle::Numbers::Kept || used > budget)
        continue;
      const std::string words = describe(style);
      add(M::BodyReserialised,
          std::string("names with a capital letter") + (deep ? "" : " in the envelope") +
              (words.empty() ? "" : ", " + words),
          write_json(renamed, style));
    }
  }
  const Json* data = member(*document, "data");
  for (const JsonStyle& style : json_styles()) {
    if (data == nullptr || used > budget) break;
    const std::string words = describe(style);
    add(M::BodyPart, "only its data" + (words.empty() ? "" : ", " + words), write_json(*data, style));
  }
  for (const char* name : {"eventId", "eventType", "occurredAt"}) {
    if (const std::string* text = string_member(*document, name))
      add(M::BodyPart, std::string("only its ") + name, *text);
  }
  for (const auto& [printing, detail] : kPrintings) {
    if (used > budget) break;
    std::string text;
    print_object(text, detail == "as Go prints a map" ? sorted(*document) : *document, printing);
    add(M::BodyPrinted, std::string(detail), std::move(text));
  }
  return all.take();
}

std::vector<Variant> timestamp_variants(const std::string& timestamp, const std::string& body) {
  Collection all(timestamp);
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
  if (problem == std::errc() && end == timestamp.data() + timestamp.size() && seconds >= 0 &&
      seconds <= kLastSecond) {
    all.add(M::TimestampMilliseconds, "its milliseconds", timestamp + "000");
    const std::string instant = format_instant(Instant(Duration(seconds * 1000)));
    const std::string plain = instant.substr(0, 19);
    for (const std::string& text :
         {instant, plain + "Z", plain + "+00:00", plain, replaced(plain, "T", " ")}) {
      all.add(M::TimestampOther, "t as the date " + text, text);
    }
    all.add(M::TimestampOther, "t as a number with a fraction", timestamp + ".0");
    all.add(M::TimestampOther, "t in minutes", std::to_string(seconds / 60));
  }
  if (timestamp.size() == 13) all.add(M::TimestampMilliseconds, "in seconds", timestamp.substr(0, 10));
  const Result<Json> document = parse_json(body);
  for (const char* name : {"eventId", "eventType"}) {
    if (const std::string* text = document.ok() ? string_member(*document, name) : nullptr)
      all.add(M::TimestampOther, std::string("the event's ") + name, *text);
  }
  if (const std::string* at = document.ok() ? string_member(*document, "occurredAt") : nullptr) {
    all.add(M::TimestampOther, "the event's occurredAt", *at);
    if (const Result<Instant> instant = parse_instant(*at); instant.ok()) {
      all.add(M::TimestampOther, "the event's occurredAt in seconds", std::to_string(to_ms(*instant) / 1000));
      all.add(M::TimestampMilliseconds, "the event's occurredAt in milliseconds",
              std::to_string(to_ms(*instant)));
    }
  }
  for (const char* word : {"", "undefined", "NaN", "null", "None", "nil", "0", "t"}) {
    all.add(M::TimestampOther, *word == '\0' ? "nothing" : "the text \"" + std::string(word) + "\"", word);
  }
  all.add(M::TimestampOther, "with a space before it", " " + timestamp);
  return all.take();
}

}  // namespace zest::insight

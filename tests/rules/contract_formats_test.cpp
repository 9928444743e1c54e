#include <gtest/gtest.h>

#include "rules/formats.h"

namespace zest::rules {
namespace {

TEST(Formats, Currencies) {
  for (const char* code : {"USD", "EUR", "AED", "JPY", "XCG", "ZWG"}) EXPECT_TRUE(is_currency(code)) << code;
  for (const char* code : {"usd", "US", "USDX", "", "ZZZ", "HRK", "ANG"})
    EXPECT_FALSE(is_currency(code)) << code;
}

TEST(Formats, Countries) {
  EXPECT_EQ(country_codes().size(), 249U);
  for (const char* code : {"GB", "AE", "US", "SS"}) EXPECT_TRUE(is_country(code)) << code;
  for (const char* code : {"UK", "gb", "GBR", "", "XX", "ZZ"}) EXPECT_FALSE(is_country(code)) << code;
}

TEST(Formats, Emails) {
  for (const char* text : {"ada@example.com", "a.b+c@sub.example.co", "o'hara@example.com",
                           "j\xC3\xB6rg@ex\xC3\xA4mple.de", "a@1.example.com"}) {
    EXPECT_TRUE(is_email(text)) << text;
  }
  for (const char* text :
       {"", "ada", "@example.com", "ada@", "ada@example", "a@b@example.com", ".a@example.com",
        "a..b@example.com", "a.@example.com", "a b@example.com", "a@-x.com", "a@x-.com", "a@example..com",
        "a@example.com.", "a@10.0.0.1", "a@x.c", "a\n@example.com"}) {
    EXPECT_FALSE(is_email(text)) << text;
  }
  EXPECT_TRUE(is_email(std::string(64, 'a') + "@example.com"));
  EXPECT_FALSE(is_email(std::string(65, 'a') + "@example.com"));
  EXPECT_FALSE(is_email("a@" + std::string(64, 'b') + ".com"));
}

TEST(Formats, Uris) {
  for (const char* text : {"https://example.com", "http://localhost:8080/a?b=c#d", "HTTPS://EXAMPLE.com/%20",
                           "ftp://x/y", "urn:isbn:0451450523", "mailto:ada@example.com",
                           "https://user:pw@example.com:443/", "http://[::1]:80/"}) {
    EXPECT_TRUE(is_uri(text)) << text;
  }
  for (const char* text :
       {"", "example.com", "/path", "https:", "https://", "https:///x", "https:example.com",
        "https://exa mple.com", "https://x/%zz", "https://x/%2", "1http://x", "://x", "https://x:port/",
        "https://x:99999/", "https://[::1", "https://\xC3\xA4.de"}) {
    EXPECT_FALSE(is_uri(text)) << text;
  }
}

TEST(Formats, NamesAreNotBlankAndHoldNoControls) {
  for (const char* text : {"A", " Ada ", "O'Hara", "\xC3\x84gir", "\xE6\x9D\x8E",
                           "Anne-Marie\xC2\xA0van Dyck", "\xD7\xA9\xE2\x80\x8F"}) {
    EXPECT_TRUE(is_name(text)) << text;
  }
  for (const char* text : {"", " ", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xEF\xBB\xBF", "a\tb", "\n",
                           "a\x7F", "\xC2\x85"}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
  EXPECT_FALSE(is_name(std::string_view("a\0b", 3)));
}

TEST(Formats, CodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80"), 4U);
}

TEST(Formats, ValueTextIsCutBetweenCharacters) {
  EXPECT_EQ(value_text("plain"), "plain");
  EXPECT_EQ(value_text(12.5), "12.5");
  EXPECT_EQ(value_text(std::string(500, 'a')), std::string(200, 'a'));
  EXPECT_EQ(value_text(std::string(198, 'a') + "\xE2\x82\xAC"), std::string(198, 'a'));
  EXPECT_EQ(value_text(std::string(197, 'a') + "\xE2\x82\xAC"), std::string(197, 'a') + "\xE2\x82\xAC");
}

}  // namespace
}  // namespace zest::rules

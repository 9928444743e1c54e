// Parts of URLs, and what may be shown of one.
#include "base/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest {
namespace {

TEST(BareUrl, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(bare_url("http://user:pa55w@host:9000/hooks?token=x#y"), "http://host:9000/hooks");
  EXPECT_EQ(bare_url("https://a@b:c@host"), "https://host");
  EXPECT_EQ(bare_url("http://host/@name"), "http://host/@name");
  EXPECT_EQ(bare_url("http://host?user@x"), "http://host");
  EXPECT_EQ(bare_url(""), "");
}

TEST(AuthorityOfUrls, IsHostAndPort) {
  EXPECT_EQ(parse_authority("Zest.Example:8080"), (Authority{"zest.example", "8080"}));
  EXPECT_EQ(parse_authority("localhost."), (Authority{"localhost", ""}));
  EXPECT_EQ(parse_authority("[FD00::1]:80"), (Authority{"fd00::1", "80"}));
  EXPECT_EQ(parse_authority("my_service-2"), (Authority{"my_service-2", ""}));
  for (const char* text : {"", ":80", "a:b", "a:123456", "a:65536", "a:0", "a b", "a/b", "u@a", "a<b", "a\"b",
                           "[::1", "[::1]x", "a,b", "zo\xC3\xAB.example", "a%2Fb"}) {
    EXPECT_EQ(parse_authority(text), std::nullopt) << text;
  }
}

TEST(AuthorityOfUrls, HasOnlyAnIpv6AddressInBrackets) {
  EXPECT_EQ(parse_authority("[fe80::1%250123456789abcde]")->host, "fe80::1%250123456789abcde");
  for (const char* text :
       {"[]", "[a_b]", "[::1.]", "[%e]", "[fe80:p0%e]", "[fe80::1%]", "[fe80::1%0123456789abcdef]"}) {
    EXPECT_EQ(parse_authority(text), std::nullopt) << text;
  }
}

TEST(AuthorityOfUrls, OfAnOriginHasThePortOfTheScheme) {
  EXPECT_EQ(parse_origin("http://zest"), (Authority{"zest", "80"}));
  EXPECT_EQ(parse_origin("HTTPS://zest"), (Authority{"zest", "443"}));
  EXPECT_EQ(parse_origin("https://zest:80"), (Authority{"zest", "80"}));
  for (const char* text : {"", "zest", "http:", "http://", "ftp://zest", "http://zest/", "http://zest?a",
                           "http://zest:80802", "http://[fe80:p0%e]", "null"}) {
    EXPECT_EQ(parse_origin(text), std::nullopt) << text;
  }
}

TEST(BaseUrl, IsSchemeAndAuthorityWithoutFinalSlashes) {
  EXPECT_EQ(*parse_base_url("https://zest.example.com:8443//"), "https://zest.example.com:8443");
  for (const char* text :
       {"", "zest.example.com", "https://", "https://zest/path", "https://u:p@zest", "https://z#f"}) {
    const Result<std::string> url = parse_base_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().detail.rfind("must be http:// or https:// and a host, without a path", 0), 0U);
  }
}

TEST(HttpUrl, IsReadWhateverTheCaseOfSchemeAndHost) {
  const Result<HttpUrl> url = parse_http_url("HTTPS://Ada:pw@LOCALHOST:8443/Hooks?A=B#c");
  ASSERT_TRUE(url.ok()) << url.error().detail;
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->user, "Ada:pw");
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/Hooks?A=B#c");
  EXPECT_EQ(url->origin(), "https://localhost:8443");
}

TEST(HttpUrl, NeedsNoPortAndNoPath) {
  for (const auto& [text, origin] : {std::pair{"http://my_app.internal", "http://my_app.internal"},
                                     {"http://127.0.0.1:/", "http://127.0.0.1"},
                                     {"http://[::1]?x", "http://[::1]"},
                                     {"http://[fe80::1%25eth0]:9000", "http://[fe80::1%25eth0]:9000"}}) {
    const Result<HttpUrl> url = parse_http_url(text);
    ASSERT_TRUE(url.ok()) << text << ": " << url.error().detail;
    EXPECT_EQ(url->origin(), origin);
  }
}

TEST(HttpUrl, SaysWhatIsWrongWithOne) {
  const auto why = [](const char* text) { return parse_http_url(text).error().detail; };
  for (const char* text : {"", "ftp://x/", "http:/x", "mailto:a@b", "http", "two words"}) {
    EXPECT_THAT(why(text), ::testing::StartsWith("must start with http:// or https://")) << text;
  }
  for (const char* text : {"http://", "http:///path", "http://:80/", "http://user@"}) {
    EXPECT_EQ(why(text), "names no host") << text;
  }
  for (const char* text :
       {"http://[::1", "http://[::g]/", "http://[::1]x", "http://%00/", "http://a b/", "http://a]",
        "http://127.0.0.1\\@evil.example/", "http://evil.example\\a@127.0.0.1/",
        "http://a@evil.example@127.0.0.1/", "http://a,b"}) {
    EXPECT_EQ(why(text), "has a host that is no name and no address") << text;
  }
  for (const char* text : {"http://x:99999/", "http://x:0", "http://[::1]:65536/a", "http://x:80a"}) {
    EXPECT_EQ(why(text), "must have a port from 1 to 65535, or none") << text;
  }
}

TEST(HttpUrl, WithoutASchemeSaysWhatIsMeant) {
  for (const char* text : {"127.0.0.1:8080", "localhost", "[::1]:9000/hooks", "portal.example/hooks?a=b"}) {
    EXPECT_EQ(parse_http_url(text).error().detail,
              "must start with http:// or https://; did you mean http://" + std::string(text) + "?");
  }
  EXPECT_EQ(parse_http_url("http:/x").error().detail, "must start with http:// or https://");
}

TEST(BaseUrl, SaysWhatIsMeant) {
  EXPECT_EQ(parse_base_url("HTTP://LOCALHOST:8080//").value(), "http://localhost:8080");
  for (const char* text :
       {"http://127.0.0.1:8080/v1", "http://127.0.0.1:8080?x", "http://u@127.0.0.1:8080", "127.0.0.1:8080"}) {
    EXPECT_THAT(parse_base_url(text).error().detail,
                ::testing::EndsWith("; did you mean http://127.0.0.1:8080?"));
  }
}

TEST(AuthorityOfUrls, HasLabelsAndANameOfTheLengthThatNamesMayHave) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(parse_authority(label + ".test:80")->host, label + ".test");
  EXPECT_EQ(parse_authority(longest + ".")->host, longest);
  EXPECT_FALSE(parse_authority(label + "a.test"));
  EXPECT_FALSE(parse_authority("test." + label + "a"));
  EXPECT_FALSE(parse_authority(longest + "a"));
}

TEST(AuthorityOfUrls, HasNoEmptyLabelButTheRoots) {
  EXPECT_EQ(parse_authority("ab.:80")->host, "ab");
  for (const char* text : {"ab..", "a..b", ".ab", "."}) EXPECT_FALSE(parse_authority(text)) << text;
  EXPECT_FALSE(parse_base_url("https://ab..").ok());
}

}  // namespace
}  // namespace zest

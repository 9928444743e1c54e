// Parts of URLs, and what may be shown of one.
#include "base/url.h"

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
  for (const char* text : {"", ":80", "a:b", "a:123456", "a b", "a/b", "u@a", "a<b", "a\"b", "[::1", "[::1]x",
                           "[a_b]", "a,b", "zo\xC3\xAB.example", "a%2Fb"}) {
    EXPECT_EQ(parse_authority(text), std::nullopt) << text;
  }
}

TEST(AuthorityOfUrls, OfAnOriginHasThePortOfTheScheme) {
  EXPECT_EQ(parse_origin("http://zest"), (Authority{"zest", "80"}));
  EXPECT_EQ(parse_origin("HTTPS://zest"), (Authority{"zest", "443"}));
  EXPECT_EQ(parse_origin("https://zest:80"), (Authority{"zest", "80"}));
  for (const char* text :
       {"", "zest", "http:", "http://", "ftp://zest", "http://zest/", "http://zest?a", "null"}) {
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

}  // namespace
}  // namespace zest

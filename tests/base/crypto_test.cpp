#include "base/crypto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/json.h"

namespace zest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string unhex(std::string_view text) {
  Result<std::string> bytes = from_hex(text);
  EXPECT_TRUE(bytes.ok()) << text;
  return bytes.ok() ? *bytes : std::string();
}

// The key pair of RFC 8032, 7.1, test 1; the same one is RFC 8037's example of a JWK.
constexpr const char* kSeedHex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr const char* kPublicHex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
constexpr const char* kPublicBase64Url = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr const char* kSeedBase64Url = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

// The key pair of RFC 8410, 10.
constexpr const char* kPrivatePem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kPemPublicHex = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

constexpr const char* kEcPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtbyCsqh7AjlZyFs0pJw0T839jaDK\n"
    "TJwhSEyIGavDaOY2W/YRQnHventjQQTOOY+YOqhkUFv2dEcVefw77TTrcg==\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kEcPrivatePem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4/TKlg/mpp/RTcW4\n"
    "M82yk0UrI/B1HCQ0ro1QOHbHzW6hRANCAAS1vIKyqHsCOVnIWzSknDRPzf2NoMpM\n"
    "nCFITIgZq8No5jZb9hFCce96e2NBBM45j5g6qGRQW/Z0RxV5/DvtNOty\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kX25519PublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VuAyEA74mgLFpMQfIr2f+m/0NdoLl0cDbNOTzabC3/MtTXzDo=\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kEncryptedPem =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiAt2LTlbWhXgICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOy3tzj2kMeRRVZSACB47IoEQLnD\n"
    "FXdFJIs6Hsw+I1mY2K2jpWhXUXdw+gc6aJEt18S7yO/9Eoe9LbxzK3Sb/uzxSbCK\n"
    "YYlJNlcEQ4hS1HRkqyA=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TEST(Hex, RoundTrips) {
  EXPECT_EQ(to_hex(std::string("\x00\x7f\x80\xff", 4)), "007f80ff");
  EXPECT_EQ(unhex("007F80fF"), std::string("\x00\x7f\x80\xff", 4));
  EXPECT_EQ(unhex(""), "");
  for (const char* text : {"0", "0g", "0x10", " 00", "-1"}) EXPECT_FALSE(from_hex(text).ok()) << text;
}

TEST(Base64, KnowsRfc4648) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64_encode(bytes), text);
    const Result<std::string> decoded = base64_decode(text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t length = 253; length <= 256; ++length) {
    const std::string part = bytes.substr(256 - length);
    const Result<std::string> standard = base64_decode(base64_encode(part));
    const Result<std::string> url_safe = base64url_decode(base64url_encode(part));
    ASSERT_TRUE(standard.ok());
    ASSERT_TRUE(url_safe.ok());
    EXPECT_EQ(*standard, part);
    EXPECT_EQ(*url_safe, part);
  }
}

TEST(Base64, IsStrict) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v=", "Zg==Zg==", "Zm=v", "Zm9v\n",
                           " Zm9v", "Zm 9", "__8=", "Zh==", "Zm9=", "Zm9v===="}) {
    EXPECT_FALSE(base64_decode(text).ok()) << text;
  }
}

TEST(Base64Url, IsStrict) {
  EXPECT_EQ(base64url_encode("\xff\xff\xfe"), "___-");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  const Result<std::string> decoded = base64url_decode("___-");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, "\xff\xff\xfe");
  for (const char* text : {"Zg==", "Zm8=", "+/+/", "Z", "Zh", "Zm9", "Zm9v\n", "Zm9vY"}) {
    EXPECT_FALSE(base64url_decode(text).ok()) << text;
  }
}

TEST(Sha256, KnowsFips180) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, TakesPieces) {
  Sha256 digest;
  const std::string thousand(1000, 'a');
  for (int i = 0; i < 500; ++i) digest.update(thousand);
  Sha256 moved = std::move(digest);
  moved.update("");
  for (int i = 0; i < 500; ++i) moved.update(thousand);
  EXPECT_EQ(to_hex(moved.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(HmacSha256, KnowsRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, AcceptsEmptyKeyAndMessage) {
  const std::string expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  EXPECT_EQ(to_hex(hmac_sha256("", "")), expected);
  EXPECT_EQ(to_hex(hmac_sha256(std::string_view(), std::string_view())), expected);
}

TEST(RandomBytes, AreAsManyAsAskedAndDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes((1U << 20U) + 1).size(), (1U << 20U) + 1);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(ConstantTimeEqual, ComparesBytes) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_TRUE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
  EXPECT_FALSE(constant_time_equal("", "a"));
}

TEST(Ed25519, KnowsRfc8032) {
  struct Vector {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
  };
  const Vector vectors[] = {
      {kSeedHex, kPublicHex, "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
  };
  for (const Vector& vector : vectors) {
    const Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_raw(unhex(vector.seed));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(to_hex(key->public_key()), vector.public_key);
    EXPECT_EQ(to_hex(key->sign(unhex(vector.message))), vector.signature);
    EXPECT_TRUE(ed25519_verify(unhex(vector.public_key), unhex(vector.message), unhex(vector.signature)));
  }
}

TEST(Ed25519, VerifiesOnlyWhatWasSigned) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::generate();
  const std::string public_key = key.public_key();
  const std::string signature = key.sign("message");
  EXPECT_TRUE(ed25519_verify(public_key, "message", signature));
  EXPECT_FALSE(ed25519_verify(public_key, "messagf", signature));
  EXPECT_FALSE(ed25519_verify(public_key, "", signature));
  EXPECT_FALSE(ed25519_verify(Ed25519PrivateKey::generate().public_key(), "message", signature));
  std::string broken = signature;
  broken[63] = static_cast<char>(broken[63] ^ 1);
  EXPECT_FALSE(ed25519_verify(public_key, "message", broken));
  EXPECT_FALSE(ed25519_verify(public_key, "message", signature.substr(0, 63)));
  EXPECT_FALSE(ed25519_verify(public_key, "message", signature + "x"));
  EXPECT_FALSE(ed25519_verify(public_key, "message", ""));
  EXPECT_FALSE(ed25519_verify(public_key.substr(0, 31), "message", signature));
  EXPECT_FALSE(ed25519_verify("", "message", signature));
}

TEST(Ed25519PrivateKey, ReadsAndWritesItsForms) {
  const Result<Ed25519PrivateKey> from_pem = Ed25519PrivateKey::from_pem(kPrivatePem);
  ASSERT_TRUE(from_pem.ok());
  EXPECT_EQ(to_hex(from_pem->public_key()), kPemPublicHex);
  EXPECT_EQ(from_pem->pem(), kPrivatePem);
  // However its lines end.
  std::string other_ends;
  for (const char c : std::string(kPrivatePem)) other_ends += c == '\n' ? "\r\n" : std::string(1, c);
  const std::string whole = kPrivatePem;
  for (const std::string& text : {other_ends, whole.substr(0, whole.size() - 1)}) {
    const Result<Ed25519PrivateKey> same = Ed25519PrivateKey::from_pem(text);
    ASSERT_TRUE(same.ok());
    EXPECT_EQ(same->raw(), from_pem->raw());
  }

  const Result<Ed25519PrivateKey> from_raw = Ed25519PrivateKey::from_raw(unhex(kSeedHex));
  ASSERT_TRUE(from_raw.ok());
  EXPECT_EQ(to_hex(from_raw->raw()), kSeedHex);
  EXPECT_EQ(from_raw->jwk(), std::string(R"({"kty":"OKP","crv":"Ed25519","x":")") + kPublicBase64Url +
                                 R"(","d":")" + kSeedBase64Url + R"("})");
}

TEST(Ed25519PrivateKey, GeneratesDifferentKeys) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::generate();
  EXPECT_NE(key.raw(), Ed25519PrivateKey::generate().raw());
  const Result<Ed25519PrivateKey> again = Ed25519PrivateKey::from_pem(key.pem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->raw(), key.raw());
}

TEST(Ed25519PrivateKey, SaysWhatIsWrong) {
  const auto refusal = [](const std::string& pem) {
    const Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(pem);
    return key.ok() ? std::string("accepted") : key.error().detail;
  };
  EXPECT_THAT(refusal(""), HasSubstr("no readable private key"));
  EXPECT_THAT(refusal("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"),
              HasSubstr("no readable private key"));
  EXPECT_THAT(refusal(kPublicPem), HasSubstr("holds a public key"));
  EXPECT_THAT(refusal(kEcPrivatePem), HasSubstr("a key of type EC"));
  EXPECT_THAT(refusal(kEncryptedPem), HasSubstr("under a passphrase"));
  EXPECT_THAT(refusal(std::string(20'000, 'x')), HasSubstr("too long"));
  EXPECT_FALSE(Ed25519PrivateKey::from_raw("").ok());
  EXPECT_FALSE(Ed25519PrivateKey::from_raw(std::string(31, 'x')).ok());
  EXPECT_FALSE(Ed25519PrivateKey::from_raw(std::string(33, 'x')).ok());
}

std::string parsed_key(const std::string& text) {
  const Result<std::string> key = parse_ed25519_public_key(text);
  return key.ok() ? to_hex(*key) : key.error().detail;
}

TEST(ParsePublicKey, AcceptsEveryForm) {
  const std::string raw = unhex(kPublicHex);
  EXPECT_EQ(parsed_key(base64_encode(raw)), kPublicHex);
  EXPECT_EQ(parsed_key(" \n" + base64_encode(raw) + "\r\n"), kPublicHex);
  EXPECT_EQ(parsed_key(kPublicBase64Url), kPublicHex);
  EXPECT_EQ(parsed_key(std::string(kPublicBase64Url) + "="), kPublicHex);
  EXPECT_EQ(parsed_key(kPublicPem), kPemPublicHex);
  EXPECT_EQ(parsed_key("Our key:\n\n" + std::string(kPublicPem) + "\n"), kPemPublicHex);
  EXPECT_EQ(
      parsed_key(std::string(R"({"kty":"OKP","crv":"Ed25519","kid":"k1","x":")") + kPublicBase64Url + "\"}"),
      kPublicHex);
}

TEST(ParsePublicKey, RefusesPrivateKeysWithoutEchoingThem) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::generate();
  EXPECT_THAT(parsed_key(key.pem()), HasSubstr("holds a private key"));
  EXPECT_THAT(parsed_key(kEcPrivatePem), HasSubstr("holds a private key"));
  EXPECT_THAT(parsed_key(kEncryptedPem), HasSubstr("holds a private key"));
  EXPECT_THAT(parsed_key(key.pem() + kPublicPem), HasSubstr("holds a private key"));
  EXPECT_THAT(parsed_key(key.jwk()), HasSubstr("holds a private key (member 'd')"));
  EXPECT_THAT(parsed_key(key.jwk()), Not(HasSubstr(base64url_encode(key.raw()))));
  EXPECT_THAT(parsed_key(base64_encode(key.raw() + key.public_key())), HasSubstr("look like a private key"));
  EXPECT_THAT(parsed_key("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"),
              HasSubstr("look like a private key"));
}

TEST(ParsePublicKey, RefusesOtherKeyTypes) {
  EXPECT_THAT(parsed_key(kEcPublicPem), HasSubstr("a key of type EC: an Ed25519 key is required"));
  EXPECT_THAT(parsed_key(kX25519PublicPem), HasSubstr("a key of type X25519"));
  EXPECT_THAT(parsed_key("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
              HasSubstr("holds no public key"));
  EXPECT_THAT(parsed_key(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"), HasSubstr("'kty' must be 'OKP'"));
  EXPECT_THAT(parsed_key(R"({"kty":"OKP","crv":"X25519","x":"AA"})"), HasSubstr("'crv' must be 'Ed25519'"));
  EXPECT_THAT(parsed_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me"), HasSubstr("OpenSSH"));
}

TEST(ParsePublicKey, SaysWhatIsWrong) {
  EXPECT_THAT(parsed_key(""), HasSubstr("is empty"));
  EXPECT_THAT(parsed_key(" \n"), HasSubstr("is empty"));
  EXPECT_THAT(parsed_key(std::string(20'000, 'A')), HasSubstr("too long"));
  EXPECT_THAT(parsed_key("AAAA"), HasSubstr("holds 3 bytes where 32 are required"));
  EXPECT_THAT(parsed_key(kPublicHex), HasSubstr("looks like hex"));
  EXPECT_THAT(parsed_key("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="),
              HasSubstr("look like DER"));
  EXPECT_THAT(parsed_key("not a key!"), HasSubstr("taken for base64"));
  EXPECT_THAT(parsed_key("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"),
              HasSubstr("damaged"));
  EXPECT_THAT(parsed_key("{\"kty\""), HasSubstr("the JWK is invalid JSON at line 1, column 7"));
  EXPECT_THAT(parsed_key("{}"), HasSubstr("'kty' must be 'OKP'"));
  EXPECT_THAT(parsed_key(R"({"keys":[]})"), HasSubstr("JWK set"));
  EXPECT_THAT(parsed_key(R"({"kty":"OKP","crv":"Ed25519"})"), HasSubstr("no 'x'"));
  EXPECT_THAT(parsed_key(R"({"kty":"OKP","crv":"Ed25519","x":"AA=="})"), HasSubstr("'x' is not base64url"));
  EXPECT_THAT(parsed_key(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})"), HasSubstr("'x' holds 3 bytes"));
}

// The points of order 1, 2, 4 and 8 in every encoding, with and without the sign bit: a signature of zeros is
// valid for some message under each, whoever made it.
std::vector<std::string> keys_of_small_order() {
  std::vector<std::string> keys;
  for (const char* y : {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"}) {
    keys.push_back(from_hex(y).value());
    keys.push_back(keys.back());
    keys.back().back() = static_cast<char>(keys.back().back() | '\x80');
  }
  return keys;
}

TEST(ParsePublicKey, RefusesKeysOfSmallOrderInEveryForm) {
  for (const std::string& key : keys_of_small_order()) {
    EXPECT_THAT(parsed_key(base64_encode(key)), HasSubstr("small order")) << to_hex(key);
    EXPECT_THAT(parsed_key(R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(key) + R"("})"),
                HasSubstr("small order"))
        << to_hex(key);
    // The head of an Ed25519 key's SubjectPublicKeyInfo.
    const std::string der = from_hex("302a300506032b6570032100").value() + key;
    EXPECT_THAT(
        parsed_key("-----BEGIN PUBLIC KEY-----\n" + base64_encode(der) + "\n-----END PUBLIC KEY-----\n"),
        HasSubstr("small order"))
        << to_hex(key);
  }
}

// Such keys may be in databases of old.
TEST(Ed25519, NothingIsSignedByAKeyOfSmallOrder) {
  // R is the identity and S is 0: with A of small order S·B = R + k·A holds for one message of eight at
  // least.
  const std::string signature = from_hex("01").value() + std::string(63, '\0');
  for (const std::string& key : keys_of_small_order()) {
    for (int message = 0; message < 64; ++message) {
      EXPECT_FALSE(ed25519_verify(key, std::to_string(message), signature)) << to_hex(key);
    }
  }
}

}  // namespace
}  // namespace zest

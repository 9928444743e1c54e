#include "http/gate.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// The refusal of a header block, fed byte by byte or at once (both must agree).
std::optional<Refusal> gate_refusal(const std::string& block) {
  const Limits limits;
  Gate at_once(limits);
  const Gate::Verdict verdict = at_once.scan(block);
  Gate piecemeal(limits);
  Gate::Verdict slow = Gate::Verdict::NeedMore;
  for (std::size_t length = 1; length <= block.size() && slow == Gate::Verdict::NeedMore; ++length) {
    slow = piecemeal.scan(std::string_view(block).substr(0, length));
  }
  EXPECT_EQ(verdict, slow);
  if (verdict != Gate::Verdict::Refused) return std::nullopt;
  EXPECT_EQ(at_once.problem().refusal, piecemeal.problem().refusal);
  EXPECT_FALSE(at_once.problem().what.empty());
  return at_once.problem().refusal;
}

TEST(Gate, CookiesHaveALimitOfTheirOwn) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const auto headers = [](const std::string& name, std::size_t bytes) {
    return name + ": " + std::string(bytes, 'x') + "\r\n";
  };
  const std::size_t half = 16 * 1024;
  EXPECT_EQ(gate_refusal(start + headers("Cookie", half - 20) + headers("cookie", half - 20) +
                         headers("X", half) + headers("Y", half - 200) + "\r\n"),
            std::nullopt);
  EXPECT_EQ(gate_refusal(start + headers("X", half) + headers("Y", half) + "\r\n"), Refusal::HeadersTooLarge);
  EXPECT_EQ(gate_refusal(start + headers("Cookie", 5 * half) + "\r\n"), Refusal::HeadersTooLarge);
  EXPECT_EQ(gate_refusal(start + headers("Cookie", 2 * half) + headers("X", half) + headers("Cookie", half) +
                         headers("Y", half) + "\r\n"),
            Refusal::HeadersTooLarge);
}

struct Malformed {
  const char* name;
  std::string block;
  Refusal refusal = Refusal::MalformedRequest;
};

void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.name; }

class GateRefuses : public ::testing::TestWithParam<Malformed> {};

TEST_P(GateRefuses, TheBlock) { EXPECT_EQ(gate_refusal(GetParam().block), GetParam().refusal); }

INSTANTIATE_TEST_SUITE_P(
    Gate, GateRefuses,
    ::testing::Values(
        Malformed{"BareLineFeed", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
        Malformed{"BareLineFeedInHeaders", "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        Malformed{"BareCarriageReturn", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"},
        Malformed{"NulByte", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29)},
        Malformed{"ControlCharacter", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"},
        Malformed{"TlsHello", "\x16\x03\x01\x02"},
        Malformed{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"BadMethodCharacter", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"LongMethod", repeated("G", 40)}, Malformed{"NoVersion", "GET /\r\n\r\n"},
        Malformed{"BadVersion", "GET / HTTP/one\r\nHost: a\r\n\r\n"},
        Malformed{"TwoBlanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"BlankInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"RelativeTarget", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"FragmentInTarget", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"RawBytesInTarget", "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"FoldedLine", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"},
        Malformed{"BlankBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
        Malformed{"NoColon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"},
        Malformed{"NoName", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n"},
        Malformed{"NoHost", "GET / HTTP/1.1\r\n\r\n"},
        Malformed{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        Malformed{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"},
        Malformed{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        Malformed{"AbsoluteTargetWithoutHost", "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"AbsoluteTargetWithUser", "GET http://u:p@b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        Malformed{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::VersionNotSupported},
        Malformed{"Http3", "GET / HTTP/3.0\r\n\r\n", Refusal::VersionNotSupported},
        Malformed{"LongTarget", "GET /" + std::string(4096, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                  Refusal::UriTooLong},
        Malformed{"EndlessTarget", "GET /" + std::string(9000, 'a'), Refusal::UriTooLong},
        Malformed{"ManyHeaders", "GET / HTTP/1.1\r\nHost: a\r\n" + repeated("X: 1\r\n", 100),
                  Refusal::HeadersTooLarge},
        Malformed{"LargeBlock", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(33 * 1024, 'x'),
                  Refusal::HeadersTooLarge}),
    [](const auto& malformed) { return std::string(malformed.param.name); });

TEST(Gate, AcceptsWhatIsJustWithinTheLimits) {
  EXPECT_EQ(gate_refusal("GET /" + std::string(4095, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), std::nullopt);
  EXPECT_EQ(gate_refusal("GET / HTTP/1.1\r\nHost: a\r\n" + repeated("X: 1\r\n", 99) + "\r\n"), std::nullopt);
  EXPECT_EQ(gate_refusal("GET / HTTP/1.0\r\n\r\n"), std::nullopt);
}

// RFC 9112, 3.2.2: two readers of one request must not take it for two hosts'.
TEST(Gate, AnAbsoluteTargetOverrulesTheHostHeader) {
  const Limits limits;
  Gate gate(limits);
  const std::string block = "GET HTTP://b:80?q HTTP/1.1\r\nX: 1\r\nhost: a\r\n\r\n";
  ASSERT_EQ(gate.scan(block), Gate::Verdict::Complete);
  const GatedHead head = gate.head(block);
  EXPECT_EQ(head.path, "/");
  EXPECT_EQ(head.query, "q");
  EXPECT_EQ(head.fields.at(0).second, "1");
  EXPECT_EQ(head.fields.at(1).second, "b:80");
}

TEST(Gate, TellsWhatItUnderstoodOfARefusedRequest) {
  const Limits limits;
  const std::string block = "POST /v1/spvs?a=1 HTTP/1.1\r\nHost: a\r\nX: 1\r\nbroken\r\n";
  Gate gate(limits);
  ASSERT_EQ(gate.scan(block), Gate::Verdict::Refused);
  const RequestHead understood = gate.understood(block);
  EXPECT_EQ(understood.method, "POST");
  EXPECT_EQ(understood.path, "/v1/spvs");
  EXPECT_EQ(understood.query, "a=1");
  EXPECT_EQ(understood.headers.count("X"), 1U);
}

TEST(Gate, KnowsTheMethodAsSoonAsItEnded) {
  const Limits limits;
  for (const std::string& block : {"HEAD /" + std::string(9000, 'a'), std::string("\r\nHEAD /a\x01"),
                                   std::string("HEAD / SPDY/3\r\n"), std::string("HEAD /\r\n")}) {
    Gate gate(limits);
    ASSERT_EQ(gate.scan(block), Gate::Verdict::Refused) << block.substr(0, 20);
    EXPECT_EQ(gate.understood(block).method, "HEAD") << block.substr(0, 20);
  }
}

}  // namespace
}  // namespace zest::http

// Bodies, forms, slugs and keys that nobody meant, thousands of them on one connection: whatever comes, the
// answer is the operation's own or the envelope, never a 5xx and never silence. The same calls on every run.
#include <algorithm>

#include "api/raw_world.h"
#include "base/random.h"

namespace zest::api {
namespace {

using std::string;

// A stream of choices.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  std::size_t below(std::size_t bound) {
    return bound == 0 ? 0 : static_cast<std::size_t>(random_at(seed_, "fuzz", position_++) % bound);
  }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::uint64_t seed_;
  std::uint64_t position_ = 0;
};

const std::vector<string>& fragments() {
  static const std::vector<string> all = {string(1, '\0'),
                                          "\\u0000",
                                          "\\ud800",
                                          "\\udc00\\ud800",
                                          "\xff",
                                          "\xc0\x80",
                                          "\xed\xa0\x80",
                                          "\xf0\x9f\x98\x80",
                                          "1e400",
                                          "-1e400",
                                          "1e-400",
                                          "-0",
                                          "-0.0",
                                          "18446744073709551616",
                                          "-9223372036854775809",
                                          "0x10",
                                          "NaN",
                                          "Infinity",
                                          "01",
                                          "1.",
                                          ".5",
                                          "20.000",
                                          string(60, '9'),
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          "\"",
                                          ":",
                                          ",",
                                          "null",
                                          "true",
                                          "[]",
                                          "{}",
                                          "\"\"",
                                          string(70, '['),
                                          string(400, '{'),
                                          "\r\n",
                                          "\t",
                                          "/*",
                                          "//",
                                          "\\",
                                          "\\x",
                                          "'",
                                          "%00",
                                          "%zz",
                                          "&",
                                          "=",
                                          "+",
                                          "\xef\xbb\xbf",
                                          string(3000, 'a'),
                                          "; DROP TABLE partners",
                                          "--b",
                                          "\r\n--b--\r\n",
                                          "../../x"};
  return all;
}

Json odd_value(Dice& dice) {
  switch (dice.below(12)) {
    case 0:
      return nullptr;
    case 1:
      return dice.below(2) == 0;
    case 2:
      return Json::array();
    case 3:
      return Json::object();
    case 4:
      return -1;
    case 5:
      return 1e308;
    case 6:
      return std::uint64_t{18446744073709551615U};
    case 7:
      return 0.1;
    case 8:
      return string(dice.below(5000), 'x');
    case 9:
      return Json::array({Json::object(), Json::array({nullptr}), "x", 7});
    case 10:
      return Json{{"currency", "USD"}, {"value", dice.below(2) == 0 ? "1e5" : "-0.00"}};
    default:
      return string("a\0\x01\n\xc3\xa9\xf0\x9f\x98\x80", 9);
  }
}

// Changes one value somewhere below: the body stays JSON and gets deep into the rules.
void bend(Json& value, Dice& dice) {
  const bool inside = value.is_structured() && !value.empty() && dice.below(6) != 0;
  if (!inside) {
    value = odd_value(dice);
    return;
  }
  auto below = value.begin();
  std::advance(below, static_cast<std::ptrdiff_t>(dice.below(value.size())));
  switch (dice.below(8)) {
    case 0:
      value.erase(below);
      return;
    case 1:
      if (value.is_array()) value.push_back(*below);
      if (value.is_object()) value[dice.one_of(fragments()).substr(0, 20)] = odd_value(dice);
      return;
    default:
      bend(*below, dice);
  }
}

void damage(string& text, Dice& dice) {
  const std::size_t at = dice.below(text.size() + 1);
  switch (dice.below(6)) {
    case 0:
      text = text.substr(0, at);
      return;
    case 1:
      text.erase(at, dice.below(20));
      return;
    case 2:
      if (at < text.size()) text[at] = static_cast<char>(dice.below(256));
      return;
    case 3:
      text.insert(at, text.substr(dice.below(text.size() + 1), dice.below(60)));
      return;
    default:
      text.insert(at, dice.one_of(fragments()));
  }
}

struct Seed {
  string target;
  string type;
  string body;
};

// One connection, opened anew where an answer closed it.
class Fuzzer {
 public:
  explicit Fuzzer(RawWorld& world) : world_(world) {}

  void exchange(const string& method, const string& target, const Fields& fields,
                const std::optional<string>& body) {
    const string request = RawWorld::request(method, target, fields, body);
    if (!client_) client_.emplace(world_.connect());
    client_->send(request);
    const HttpAnswer answer = to_answer(client_->read_answer());
    const bool closes = answer.header("Connection") == "close";
    if (closes) client_.reset();
    ++answers_[static_cast<std::size_t>(std::clamp(answer.status / 100, 0, 5))];
    if (answer.status >= 200 && answer.status < 300) return;
    ASSERT_TRUE(answer.status >= 400 && answer.status < 500) << answer.text << "\nafter\n"
                                                             << request.substr(0, 4000);
    const string code = answer.member("code");
    expect_error(answer, answer.status, code);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "after\n" << request.substr(0, 4000);
  }
  std::size_t answers(std::size_t hundreds) const { return answers_.at(hundreds); }

 private:
  RawWorld& world_;
  std::optional<http::testing::RawClient> client_;
  std::array<std::size_t, 6> answers_{};
};

std::vector<Seed> seeds(RawWorld& world, const Fields& bearer) {
  const string json = "application/json";
  const HttpAnswer request =
      world.post("/v1/spv-requests", RawWorld::submission(), bearer + Fields{{"Idempotency-Key", "seed"}});
  const HttpAnswer approved =
      world.post("/_sandbox/spv-requests/" + request.member("spvRequestSlug") + "/approve", Json::object());
  const string spv = "/v1/spvs/" + approved.json["materialisedRefs"].value("vehicleSlug", "");
  const HttpAnswer people = world.post("/v1/investors", RawWorld::investors("seed"), bearer);
  const string person = people.json["results"][0].value("zestPersonId", "");
  const Json row{{"zestPersonId", person},
                 {"lumpSum", {{"currency", "USD"}, {"value", "1000"}}},
                 {"shareClassSlug", "sc_classA"}};
  const string part = "--b\r\nContent-Disposition: form-data; name=\"";
  const string file =
      part + "file\"; filename=\"f.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n--b--\r\n";
  const string wire = part + "amount\"\r\n\r\n10.00\r\n" + part + "currency\"\r\n\r\nUSD\r\n" + part +
                      "wireReference\"\r\n\r\nw\r\n" + file;
  const string upload = spv + "/subscription/" + person;
  std::vector<Seed> all = {
      {"/v1/spv-requests", json, dump_json(RawWorld::submission())},
      {"/v1/spv-requests", json, world.get("/v1/contracts/samples/1.0.0/syndicate_primary").text},
      {"/v1/investors", json, dump_json(RawWorld::investors("inv"))},
      {spv + "/subscriptions", json, dump_json(Json{{"subscriptions", Json::array({row})}})},
      {upload + "/forms", "multipart/form-data; boundary=b", file},
      {upload + "/fundings", "multipart/form-data; boundary=b", wire},
      {"/v1/oauth2/tokens", "application/x-www-form-urlencoded",
       "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
           client::sign_jwt(world.acme().key, RawWorld::header(), world.claims(world.acme().client_id))}};
  return all;
}

TEST(Rules, FuzzedBodiesNeverLeaveTheEnvelope) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const std::vector<Seed> all = seeds(world, bearer);
  Fuzzer fuzzer(world);
  Dice dice(4);
  for (int i = 0; i < 4000 && !::testing::Test::HasFatalFailure(); ++i) {
    const Seed& seed = dice.one_of(all);
    string body = seed.body;
    Result<Json> json = parse_json(body);
    if (json.ok() && dice.below(2) == 0) {
      for (std::size_t n = dice.below(3) + 1; n > 0; --n) bend(*json, dice);
      body = dump_json(*json);
    }
    if (!json.ok() || dice.below(2) == 0) {
      for (std::size_t n = dice.below(3); n > 0; --n) damage(body, dice);
    }
    Fields fields = bearer + Fields{{"Content-Type", seed.type}};
    fields.emplace_back("Idempotency-Key", "key-" + std::to_string(dice.below(50)));
    fuzzer.exchange("POST", seed.target, fields, body);
  }
  // Neither all refused nor all taken: the rules were reached.
  EXPECT_GT(fuzzer.answers(2), 200U);
  EXPECT_GT(fuzzer.answers(4), 1000U);
  EXPECT_EQ(world.get("/v1/spv-requests?perPage=100", bearer).status, 200);
}

TEST(Rules, FuzzedTargetsTokensAndKeysNeverLeaveTheEnvelope) {
  RawWorld world;
  const string token = world.sign_in(world.acme()).member("accessToken");
  Fuzzer fuzzer(world);
  Dice dice(7);
  const std::vector<string> targets = {"/v1/spv-requests/svr_1",
                                       "/v1/spv-requests?page=1&perPage=10&status=approved",
                                       "/v1/spvs/veh_1/subscriptions",
                                       "/v1/contracts/templates/1.0.0/syndicate_primary",
                                       "/v1/oauth2/info",
                                       "/files/abc",
                                       "/"};
  for (int i = 0; i < 1500 && !::testing::Test::HasFatalFailure(); ++i) {
    string target = dice.one_of(targets);
    string bearer = token;
    string key = "key";
    damage(target, dice);
    if (dice.below(3) == 0) damage(bearer, dice);
    if (dice.below(3) == 0) damage(key, dice);
    // What HTTP itself does not allow here is another test's.
    for (string* text : {&target, &bearer, &key}) {
      const bool is_target = text == &target;
      text->erase(std::remove_if(text->begin(), text->end(),
                                 [is_target](char c) {
                                   return static_cast<unsigned char>(c) < ' ' || c == '\x7f' ||
                                          (is_target &&
                                           (c == ' ' || c == '#' || static_cast<unsigned char>(c) > 126));
                                 }),
                  text->end());
    }
    if (target.empty() || target.front() != '/') target.insert(0, "/");
    const Fields fields{{"Authorization", "Bearer " + bearer}, {"Idempotency-Key", key}};
    fuzzer.exchange(dice.below(4) == 0 ? "DELETE" : "GET", target, fields, std::nullopt);
  }
  EXPECT_GT(fuzzer.answers(2), 20U);
  EXPECT_GT(fuzzer.answers(4), 500U);
}

}  // namespace
}  // namespace zest::api

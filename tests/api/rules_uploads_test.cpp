// Forms and funding receipts: their multipart bodies, what is kept of them, and the URLs that lead to them.
// Zest docs: uploads.
#include <gmock/gmock.h>

#include "http/raw_client.h"
#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::size_t kLargest = 10 * 1024 * 1024;

// A subscription that waits for its documents.
struct Stage {
  World world;
  std::string spv = world.spv();
  std::string person = world.person("inv-1");
  std::string slug = world.subscribe(spv, person);
  std::string token = world.acme().bearer();

  client::Reply form(std::string bytes, std::string type = kPdf) {
    return world.acme().form(spv, person, std::move(bytes), std::move(type));
  }
  client::Reply funding(std::string bytes, const client::Funding& fields = {"1000.00", "USD", "wire-1"}) {
    return world.acme().funding(spv, person, std::move(bytes), fields);
  }
  std::string path(const std::string& kind = "forms") const { return Caller::upload_path(spv, person, kind); }
  // A body as it is, with boundary "b" unless told otherwise.
  client::Reply body(std::string bytes, const std::string& kind = "forms",
                     std::string type = "multipart/form-data; boundary=b") {
    return world.acme().send("POST", path(kind), std::move(bytes), {}, std::move(type));
  }
  std::size_t uploads() {
    return world.events("signed_subscription_form.uploaded").size() +
           world.events("funding_receipt.uploaded").size();
  }

  // The same over a socket: the head without framing, which follows, and whatever is to be sent.
  std::string head(const std::string& framing) const {
    return "POST " + path() + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
           "\r\nContent-Type: multipart/form-data; boundary=b\r\n" + framing + "\r\n\r\n";
  }
  http::testing::RawClient connect() { return http::testing::RawClient(world.sandbox().port()); }
};

std::string part(const std::string& disposition, const std::string& bytes, const std::string& more = "") {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + bytes + "\r\n";
}
std::string file_part(const std::string& bytes, const std::string& type = kPdf) {
  return part("name=\"file\"; filename=\"a.pdf\"", bytes, "Content-Type: " + type + "\r\n");
}
const std::string kEnd = "--b--\r\n";

std::string chunked(std::string_view bytes) {
  constexpr std::size_t kChunk = 256 * 1024;
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kChunk, bytes.size()))) {
    const std::string_view chunk = bytes.substr(0, kChunk);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
    text.append(size).append(chunk).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

// The refusal of a file that is too large, whole and in the envelope.
void expect_too_large(const http::testing::RawAnswer& answer) {
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.status, 413);
  const Result<Json> body = parse_json(answer.body);
  ASSERT_TRUE(body.ok()) << answer.body;
  EXPECT_EQ(body->value("code", ""), "payload_too_large");
  EXPECT_EQ(body->value("errorId", "").size(), 36U);
}

TEST(Rules, AFileOf10485760BytesIsAcceptedAndOneMoreIs413) {
  Stage stage;
  const client::Reply largest = stage.form(std::string(kLargest, 'x'));
  EXPECT_EQ(largest.status, 201) << largest.text;
  EXPECT_EQ(stage.world.get(stage.world.path_of(largest.body.value("subscriptionFormUrl", ""))).text.size(),
            kLargest);
  const client::Reply larger = stage.form(std::string(kLargest + 1, 'x'));
  EXPECT_THAT(refusal_of(larger, 413, "payload_too_large"), HasSubstr("10485760"));
  EXPECT_EQ(stage.funding(std::string(kLargest, 'y')).status, 201);
  refusal_of(stage.funding(std::string(kLargest + 1, 'y')), 413, "payload_too_large");
  EXPECT_EQ(stage.uploads(), 2U);
}

// The folder for uploads is away, as on a medium that is gone or not writable.
TEST(Rules, AnUploadThatCannotBeKeptIs503AndGoesThroughOnceItCan) {
  Stage stage;
  const std::filesystem::path folder = stage.world.sandbox().store().uploads().spool_dir().parent_path();
  const std::filesystem::path away = folder.string() + ".away";
  std::filesystem::rename(folder, away);
  refusal_of(stage.form("%PDF"), 503, "service_unavailable");
  EXPECT_EQ(stage.uploads(), 0U);
  std::filesystem::rename(away, folder);
  const client::Reply kept = stage.form("%PDF");
  EXPECT_EQ(kept.status, 201) << kept.text;
  EXPECT_EQ(stage.uploads(), 1U);
}

TEST(Rules, The413ReachesAClientThatIsStillSending) {
  Stage stage;
  const std::string body = file_part(std::string(kLargest + 1, 'x')) + kEnd;
  const std::string length = "Content-Length: " + std::to_string(body.size());
  {
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(stage.head(length)));
    EXPECT_TRUE(client.send(body));
    expect_too_large(client.read_answer());
  }
  {
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(stage.head("Transfer-Encoding: chunked")));
    EXPECT_TRUE(client.send(chunked(body)));
    expect_too_large(client.read_answer());
  }
  {
    // Far too large by its own word: refused before a byte of it, to a client that sends all the same.
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(stage.head("Content-Length: 30000000")));
    client.send(std::string(4'000'000, 'x'));
    expect_too_large(client.read_answer());
  }
}

TEST(Rules, AClientThatExpectsToContinueIsToldBeforeItSends) {
  Stage stage;
  {
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(stage.head("Content-Length: 30000000\r\nExpect: 100-continue")));
    expect_too_large(client.read_answer());
  }
  {
    const std::string body = file_part(std::string(kLargest + 1, 'x')) + kEnd;
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(
        stage.head("Content-Length: " + std::to_string(body.size()) + "\r\nExpect: 100-continue")));
    EXPECT_EQ(client.read_answer().status, 100);
    EXPECT_TRUE(client.send(body));
    expect_too_large(client.read_answer());
  }
  {
    const std::string body = file_part("small") + kEnd;
    http::testing::RawClient client = stage.connect();
    EXPECT_TRUE(client.send(
        stage.head("Content-Length: " + std::to_string(body.size()) + "\r\nExpect: 100-continue")));
    EXPECT_EQ(client.read_answer().status, 100);
    EXPECT_TRUE(client.send(body));
    EXPECT_EQ(client.read_answer().status, 201);
  }
}

TEST(Rules, AChunkedUploadIsTaken) {
  Stage stage;
  http::testing::RawClient client = stage.connect();
  EXPECT_TRUE(client.send(stage.head("Transfer-Encoding: chunked")));
  EXPECT_TRUE(client.send(chunked(file_part(std::string(600'000, 'x')) + kEnd)));
  EXPECT_EQ(client.read_answer().status, 201);
}

TEST(Rules, PdfJpegPngAndWebpAreAccepted) {
  Stage stage;
  int number = 0;
  for (const auto& [sent, stored] :
       std::vector<std::pair<std::string, std::string>>{{"application/pdf", "application/pdf"},
                                                        {"image/jpeg", "image/jpeg"},
                                                        {"image/png", "image/png"},
                                                        {"image/webp", "image/webp"},
                                                        {"Application/PDF", "application/pdf"},
                                                        {"IMAGE/PNG;charset=binary", "image/png"},
                                                        {"image/webp ; q=\"a;b\"", "image/webp"}}) {
    const client::Reply reply = stage.form("document " + std::to_string(++number), sent);
    EXPECT_EQ(reply.status, 201) << sent << reply.text;
    const client::Reply file =
        stage.world.get(stage.world.path_of(reply.body.value("subscriptionFormUrl", "")));
    EXPECT_EQ(*file.headers.find("Content-Type"), stored);
  }
}

TEST(Rules, AnyOtherTypeOfFileIs415) {
  Stage stage;
  for (const char* type : {"text/plain", "application/octet-stream", "image/gif", "image/jpg",
                           "application/pdfx", "pdf", "image/*", ";", "application/pdf, image/png"}) {
    refusal_of(stage.form("x", type), 415, "unsupported_media_type");
  }
  // A part without a type, with and without a file name.
  refusal_of(stage.form("x", ""), 415, "unsupported_media_type");
  refusal_of(stage.body(part("name=\"file\"", "x") + kEnd), 415, "unsupported_media_type");
  // Known before anything else is looked at, the parts behind it and the SPV included.
  refusal_of(stage.body(file_part("x", "text/html")), 415, "unsupported_media_type");
  refusal_of(stage.world.acme().form("veh_none", "psn_none", "x", "text/html"), 415,
             "unsupported_media_type");
  EXPECT_EQ(stage.uploads(), 0U);
}

TEST(Rules, ABodyThatIsNoMultipartIsInvalidRequest) {
  Stage stage;
  const std::string good = file_part("x") + kEnd;
  for (const char* type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=c",
        "multipart/form-data; boundary=\"b \"", "application/json", "multipart/mixed; boundary=b"}) {
    refusal_of(stage.body(good, "forms", type), 400, "invalid_request");
  }
  for (const std::string& bytes :
       {std::string(), std::string("x"), file_part("x"), "--b\n\n" + kEnd, "--b\r\n\r\nx\r\n" + kEnd,
        part("name=\"fi\r\nle\"", "x") + kEnd, part("name=\"fi\nle\"", "x") + kEnd,
        part("name=\"file\"; filename=\"a\r\nX-Y: z\"", "x", "Content-Type: application/pdf\r\n") + kEnd,
        part("filename=\"a.pdf\"", "x") + kEnd, part("name=\"file", "x") + kEnd}) {
    refusal_of(stage.body(bytes), 400, "invalid_request");
  }
  EXPECT_EQ(stage.uploads(), 0U);
}

TEST(Rules, MultipartIsReadAsItIsWritten) {
  Stage stage;
  const auto accepted = [&stage](const std::string& bytes, const std::string& type) {
    const client::Reply reply = stage.body(bytes, "forms", type);
    EXPECT_EQ(reply.status, 201) << type << reply.text;
    return stage.world.get(stage.world.path_of(reply.body.value("subscriptionFormUrl", ""))).text;
  };
  const std::string plain = "multipart/form-data; boundary=b";
  // Preamble, epilogue, bytes that look like a boundary, blanks behind one.
  EXPECT_EQ(accepted("preamble\r\n" + file_part("1\r\n--bb\r\n--") + kEnd + "epilogue", plain),
            "1\r\n--bb\r\n--");
  EXPECT_EQ(
      accepted("--b  \r\ncontent-disposition:form-data;name=file;filename=a\r\nCONTENT-TYPE:application/pdf"
               "\r\n\r\n2\r\n--b--",
               plain),
      "2");
  // A quoted boundary, names in quotes with escapes, and parts that nobody asked for.
  EXPECT_EQ(accepted(part("name=\"no\\\"te\"", "x") + part("name=other; filename=\"\\\\ü.txt\"", "y") +
                         file_part("3") + kEnd,
                     "Multipart/Form-Data; charset=utf-8; Boundary=\"b\""),
            "3");
}

TEST(Rules, EveryMissingOrBadPartIsTold) {
  Stage stage;
  EXPECT_EQ(stage.form("first").status, 201);
  EXPECT_THAT(broken_rules(stage.body(kEnd)), ElementsAre("file required"));
  EXPECT_THAT(broken_rules(stage.body(file_part("") + kEnd)), ElementsAre("file required"));
  EXPECT_THAT(broken_rules(stage.body(file_part("x") + file_part("x") + kEnd)), ElementsAre("file type"));
  EXPECT_THAT(broken_rules(stage.body(kEnd, "fundings")),
              ElementsAre("amount required", "currency required", "wireReference required", "file required"));
  const auto funding = [&stage](const client::Funding& fields) {
    return broken_rules(stage.funding("x", fields));
  };
  for (const char* amount : {"abc", "1e3", "1,000.00", "+1", " 1", "1.", "0x10", "NaN"}) {
    EXPECT_THAT(funding({amount, "USD", "w"}), ElementsAre("amount format")) << amount;
  }
  for (const char* amount : {"0", "-0", "0.00", "-1"}) {
    EXPECT_THAT(funding({amount, "USD", "w"}), ElementsAre("amount min_value")) << amount;
  }
  EXPECT_THAT(funding({"", "usd", ""}),
              ElementsAre("amount required", "currency format", "wireReference required"));
  EXPECT_EQ(stage.uploads(), 1U);
}

TEST(Rules, FundingInAnotherCurrencyIsACurrencyMismatch) {
  Stage stage;
  EXPECT_EQ(stage.form("first").status, 201);
  EXPECT_THAT(broken_rules(stage.funding("x", {"1000.00", "EUR", "w"})),
              ElementsAre("currency currency_mismatch"));
}

TEST(Rules, AnUploadAnswersWhatTheEventTells) {
  Stage stage;
  const client::Reply form = stage.form("form");
  EXPECT_THAT(member_names(form.body),
              ElementsAre("subscriptionSlug", "spvSlug", "personId", "subscriptionFormUrl", "uploadedAt"));
  EXPECT_EQ(form.body["subscriptionSlug"], stage.slug);
  EXPECT_EQ(form.body["spvSlug"], stage.spv);
  EXPECT_EQ(form.body["personId"], stage.person);
  const client::Reply receipt = stage.funding("receipt", {"25000.50", "USD", "W/1 ü"});
  EXPECT_THAT(member_names(receipt.body),
              ElementsAre("subscriptionSlug", "spvSlug", "personId", "fundingReceiptUrl", "amount",
                          "currency", "wireReference", "uploadedAt"));
  EXPECT_EQ(receipt.body["amount"], "25000.50");
  EXPECT_EQ(receipt.body["wireReference"], "W/1 ü");
  for (const auto& [type, reply] : std::vector<std::pair<const char*, client::Reply>>{
           {"signed_subscription_form.uploaded", form}, {"funding_receipt.uploaded", receipt}}) {
    const std::vector<Json> events = stage.world.events(type);
    ASSERT_EQ(events.size(), 1U);
    for (const auto& [name, value] : reply.body.items()) EXPECT_EQ(events[0]["data"][name], value) << name;
  }
}

TEST(Rules, TheSameBytesAgainAnswerTheSameAndFireNothing) {
  Stage stage;
  const auto without_url = [](const client::Reply& reply) {
    EXPECT_EQ(reply.status, 201) << reply.text;
    Json body = reply.body;
    body.erase("subscriptionFormUrl");
    body.erase("fundingReceiptUrl");
    return body;
  };
  const Json form = without_url(stage.form("form"));
  const Json receipt = without_url(stage.funding("receipt"));
  stage.world.advance("1h");
  const client::Reply again = stage.form("form", "image/png");
  EXPECT_EQ(without_url(again), form);
  EXPECT_EQ(without_url(stage.funding("receipt")), receipt);
  EXPECT_EQ(stage.uploads(), 2U);
  // Its URL is a fresh one: it outlives the first.
  stage.world.advance("PT23H30M");
  EXPECT_EQ(stage.world.get(stage.world.path_of(again.body.value("subscriptionFormUrl", ""))).text, "form");

  // Other bytes, or other fields with the same ones, replace.
  EXPECT_NE(without_url(stage.form("form 2")), form);
  EXPECT_NE(without_url(stage.funding("receipt", {"1000.00", "USD", "wire-2"})), receipt);
  EXPECT_NE(without_url(stage.funding("receipt", {"1000.01", "USD", "wire-2"})), receipt);
  EXPECT_NE(without_url(stage.funding("receipt 2", {"1000.01", "USD", "wire-2"})), receipt);
  EXPECT_EQ(stage.uploads(), 6U);
  // So do the first ones again.
  stage.form("form");
  EXPECT_EQ(stage.uploads(), 7U);
}

TEST(Rules, OnceCompletedEvenTheSameBytesAre409) {
  Stage stage;
  stage.form("form");
  stage.funding("receipt");
  EXPECT_EQ(stage.world.complete(stage.slug).status, 200);
  refusal_of(stage.form("form"), 409, "conflict");
  refusal_of(stage.funding("receipt"), 409, "conflict");
  refusal_of(stage.funding("receipt", {"1000.00", "EUR", "w"}), 409, "conflict");
  EXPECT_EQ(stage.uploads(), 2U);
}

TEST(Rules, UploadsAreChecked400Then404Then409) {
  Stage stage;
  Caller& acme = stage.world.acme();
  const std::string other = stage.world.person("inv-2");
  EXPECT_THAT(broken_rules(acme.funding("veh_none", stage.person, "x", {"0", "USD", "w"})),
              ElementsAre("amount min_value"));
  refusal_of(acme.form("veh_none", stage.person), 404, "not_found");
  refusal_of(acme.form(stage.spv, "psn_none"), 404, "not_found");
  refusal_of(acme.form(stage.spv, other), 404, "not_found");  // both are there, but no subscription
  refusal_of(acme.funding(stage.spv, other), 404, "not_found");
  refusal_of(acme.funding(stage.spv, stage.person, "x", {"1", "EUR", "w"}), 409, "conflict");
}

TEST(Rules, ASignedUrlServesTheDocumentForExactly24VirtualHours) {
  Stage stage;
  const std::string bytes("%PDF\0\r\n\xff", 9);
  const std::string url = stage.form(bytes).body.value("subscriptionFormUrl", "");
  EXPECT_THAT(url, StartsWith(stage.world.sandbox().url() + "/files/"));
  const std::string path = stage.world.path_of(url);
  const client::Reply file = stage.world.get(path);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.text, bytes);
  EXPECT_EQ(*file.headers.find("Content-Type"), "application/pdf");
  const client::Reply head = stage.world.send("HEAD", path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.text, "");
  EXPECT_EQ(*head.headers.find("Content-Length"), std::to_string(bytes.size()));
  // Replaced meanwhile: the URL in the first event still leads to the first document.
  stage.form("another");
  stage.world.advance("PT23H59M59S");
  stage.world.advance("999ms");
  EXPECT_EQ(stage.world.get(path).text, bytes);
  stage.world.advance("1ms");
  EXPECT_THAT(refusal_of(stage.world.get(path), 403, "forbidden"), HasSubstr("2026-01-02T00:00:00.000Z"));
  EXPECT_EQ(stage.world.send("HEAD", path).status, 403);
}

// Behind a mapped port nobody but the caller knows the address; the receiver of a webhook knows the public
// one.
TEST(Rules, LinksInAnswersFollowTheCallAndThoseInWebhooksThePublicUrl) {
  Stage stage;
  std::string public_url = stage.world.sandbox().url();
  const auto upload_at = [&stage](const std::string& host, const std::string& bytes) {
    const client::MultipartBody body = client::multipart_body({}, {"form.pdf", kPdf, bytes});
    const client::Reply form =
        stage.world.acme().send("POST", stage.path(), body.bytes, {{"Host", host}}, body.content_type);
    EXPECT_EQ(form.status, 201) << form.text;
    return form.body.value("subscriptionFormUrl", "");
  };
  const auto link_of_webhook = [&stage] {
    return stage.world.events("signed_subscription_form.uploaded")
        .back()["data"]
        .value("subscriptionFormUrl", "");
  };
  const std::string link = upload_at("mapped.example:32771", "one");
  EXPECT_THAT(link, StartsWith("http://mapped.example:32771/files/"));
  EXPECT_THAT(link_of_webhook(), StartsWith(public_url + "/files/"));
  EXPECT_EQ(stage.world.get(link.substr(link.find("/files/"))).text, "one");

  public_url = "https://zest.example";
  const client::Reply changed =
      stage.world.send("PUT", "/_sandbox/settings", Json{{"publicUrl", public_url + "/"}});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.body, (Json{{"publicUrl", public_url}}));
  EXPECT_THAT(upload_at("mapped.example:32771", "two"), StartsWith("http://mapped.example:32771/files/"));
  EXPECT_THAT(link_of_webhook(), StartsWith("https://zest.example/files/"));
  // A proxy passes the Host on, and speaks https.
  EXPECT_THAT(upload_at("zest.example", "three"), StartsWith("https://zest.example/files/"));
}

TEST(Rules, ATamperedUrlIs403) {
  Stage stage;
  const std::string path = stage.world.path_of(stage.form("form").body.value("subscriptionFormUrl", ""));
  const std::size_t token = std::string("/files/").size();
  // Every character counts, the last of the signature included.
  for (std::size_t at = token; at < path.size(); ++at) {
    std::string other = path;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    refusal_of(stage.world.get(other), 403, "forbidden");
  }
  for (const std::string& other :
       {path.substr(0, path.size() - 1), path + "A", path + ".", std::string("/files/x"),
        std::string("/files/."), "/files/" + path.substr(path.find('.'))}) {
    refusal_of(stage.world.get(other), 403, "forbidden");
  }
  refusal_of(stage.world.get("/files"), 404, "not_found");
  EXPECT_EQ(stage.world.post(path).status, 405);
}

}  // namespace
}  // namespace zest::api

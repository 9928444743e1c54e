// The web console and the reference pages: who gets a page and who JSON, and what their files may do.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "api/control_fixture.h"
#include "api/pipeline/page.h"
#include "base/embedded.h"
#include "support/temporary_folder.h"

namespace zest::api {
namespace {

constexpr const char* kBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

bool asks(const std::vector<std::string>& accept) {
  http::RequestHead head;
  for (const std::string& value : accept) head.headers.add("Accept", value);
  return asks_for_page(head);
}

TEST(AsksForPage, OnlyAnAcceptThatNamesHtml) {
  EXPECT_TRUE(asks({kBrowser}));
  EXPECT_TRUE(asks({"text/html"}));
  EXPECT_TRUE(asks({"TEXT/HTML ; level=1"}));
  EXPECT_TRUE(asks({"application/json", "text/html;q=0.1"}));
  EXPECT_FALSE(asks({}));
  EXPECT_FALSE(asks({"*/*"}));
  EXPECT_FALSE(asks({"text/*"}));
  EXPECT_FALSE(asks({"application/json, text/plain, */*"}));
  EXPECT_FALSE(asks({"text/html;q=0"}));
  EXPECT_FALSE(asks({"text/html; charset=utf-8 ; q=0.000, */*"}));
  EXPECT_FALSE(asks({"application/xhtml+xml, text/htmlx"}));
  EXPECT_FALSE(asks({", ;,"}));
}

struct Console : ControlTest {
  client::Reply browse(const std::string& target) {
    return call("GET", target, std::nullopt, {{"Accept", kBrowser}});
  }
  static std::string header(const client::Reply& reply, std::string_view name) {
    const std::string* value = reply.headers.find(name);
    return value == nullptr ? "" : *value;
  }
  static bool is_console(const client::Reply& reply) {
    return reply.status == 200 && header(reply, "Content-Type") == "text/html; charset=utf-8" &&
           reply.text.find("/_sandbox/console/main.js") != std::string::npos;
  }
};

TEST_F(Console, TheControlPlanesRootIsAPageForBrowsersAndAnIndexForPrograms) {
  EXPECT_TRUE(is_console(browse("/_sandbox")));
  for (const char* accept : {"*/*", "application/json", ""}) {
    const client::Reply index = call("GET", "/_sandbox", std::nullopt, {{"Accept", accept}});
    EXPECT_EQ(index.status, 200);
    EXPECT_EQ(index.body["console"], sandbox().url() + "/_sandbox/console") << accept;
  }
  EXPECT_TRUE(is_console(get("/_sandbox/console")));
  EXPECT_TRUE(is_console(call("GET", "/_sandbox/console", std::nullopt, {{"Accept", "application/json"}})));
}

TEST_F(Console, FilesNeedNoTokenButDataDo) {
  app::ServeOptions options = plain_options();
  options.admin_token = "a-token-of-the-operator";
  start(options);
  EXPECT_TRUE(is_console(browse("/_sandbox")));
  EXPECT_TRUE(is_console(get("/_sandbox/console")));
  EXPECT_EQ(get("/_sandbox/console/main.js").status, 200);
  EXPECT_EQ(get("/_sandbox/docs").status, 200);
  refusal(get("/_sandbox"), 401, "unauthorized");
  refusal(browse("/_sandbox/status"), 401, "unauthorized");
  refusal(get("/_sandbox/openapi.json"), 401, "unauthorized");
}

TEST_F(Console, EveryFileIsServedAsWhatItIs) {
  const std::map<std::string, std::string> types = {{".html", "text/html; charset=utf-8"},
                                                    {".css", "text/css; charset=utf-8"},
                                                    {".js", "text/javascript; charset=utf-8"},
                                                    {".svg", "image/svg+xml"},
                                                    {".txt", "text/plain; charset=utf-8"}};
  ASSERT_GT(embedded::console().size(), 20U);
  for (const embedded::EmbeddedFile& file : embedded::console()) {
    const std::string name(file.name);
    const client::Reply reply = get("/_sandbox/console/" + name);
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_EQ(reply.text, file.bytes) << name;
    EXPECT_EQ(header(reply, "Content-Type"), types.at(name.substr(name.rfind('.')))) << name;
    EXPECT_EQ(header(reply, "X-Content-Type-Options"), "nosniff");
  }
}

// A page asks again at each visit, so that it is never put together from files of two versions.
TEST_F(Console, AFileThatIsKnownIsNotSentAgain) {
  const client::Reply first = get("/_sandbox/console/main.js");
  EXPECT_EQ(header(first, "Cache-Control"), "no-cache");
  const client::Reply again =
      call("GET", "/_sandbox/console/main.js", std::nullopt, {{"If-None-Match", header(first, "ETag")}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.text, "");
  EXPECT_EQ(call("GET", "/_sandbox/console/main.js", std::nullopt, {{"If-None-Match", "\"other\""}}).text,
            first.text);
}

TEST_F(Console, OtherNamesAreNotFound) {
  for (const char* name :
       {"absent.js", "assets.cpp", "views", "views/", "..%2findex.html", "views/..%2findex.html",
        "%2e%2e/main.js", ".hidden.js", "views/clock.js/x", "main.js%00"}) {
    EXPECT_EQ(get("/_sandbox/console/" + std::string(name)).status, 404) << name;
  }
}

TEST_F(Console, PagesMayLoadOurOwnFilesOnly) {
  for (const char* page : {"/_sandbox/console", "/docs", "/_sandbox/docs"}) {
    const client::Reply reply = get(page);
    EXPECT_EQ(reply.status, 200) << page;
    const std::string policy = header(reply, "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << page;
    EXPECT_NE(policy.find("script-src 'self';"), std::string::npos) << page;
    EXPECT_NE(policy.find("style-src 'self';"), std::string::npos) << page;
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << page;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << page;
    // What the policy would refuse is not there to begin with.
    EXPECT_EQ(reply.text.find("<style"), std::string::npos) << page;
    EXPECT_EQ(reply.text.find("<script>"), std::string::npos) << page;
    EXPECT_EQ(reply.text.find(" style=\""), std::string::npos) << page;
    EXPECT_EQ(reply.text.find("onclick="), std::string::npos) << page;
  }
}

TEST_F(Console, NoFileMakesMarkupFromText) {
  for (const embedded::EmbeddedFile& file : embedded::console()) {
    for (const std::string_view door : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                                        "eval(", "new Function", "http://www.w3.org/1999/xhtml"}) {
      EXPECT_EQ(file.bytes.find(door), std::string_view::npos) << file.name << " " << door;
    }
  }
}

TEST_F(Console, ADeveloperServesTheFilesOfAFolder) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "views");
  std::ofstream(folder.path() / "index.html") << "<p>mine</p>";
  std::ofstream(folder.path() / "views" / "new.js") << "// 1";
  app::ServeOptions options = plain_options();
  options.console_dir = folder.path();
  start(options);
  EXPECT_EQ(get("/_sandbox/console").text, "<p>mine</p>");
  EXPECT_EQ(get("/_sandbox/console/views/new.js").text, "// 1");
  std::ofstream(folder.path() / "views" / "new.js") << "// 2";
  EXPECT_EQ(get("/_sandbox/console/views/new.js").text, "// 2");
  EXPECT_EQ(get("/_sandbox/console/main.js").status, 404);
}

TEST_F(Console, AFolderServesItsOwnFilesOnly) {
  const test::TemporaryFolder folder;
  const test::TemporaryFolder elsewhere;
  std::ofstream(folder.path() / "index.html") << "<p>mine</p>";
  std::filesystem::create_symlink(elsewhere.write("secret.txt", "secret"), folder.path() / "out.txt");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / "out");
  std::filesystem::create_symlink("index.html", folder.path() / "in.html");
  ASSERT_EQ(::mkfifo((folder.path() / "pipe.js").c_str(), 0600), 0);
  app::ServeOptions options = plain_options();
  options.console_dir = folder.path();
  start(options);
  EXPECT_EQ(get("/_sandbox/console/in.html").text, "<p>mine</p>");
  for (const char* name : {"out.txt", "out/secret.txt", "pipe.js"}) {
    EXPECT_EQ(get(std::string("/_sandbox/console/") + name).status, 404) << name;
  }
}

TEST_F(Console, AFolderWithoutAConsoleIsRefusedAtTheStart) {
  const test::TemporaryFolder folder;
  app::ServeOptions options = plain_options();
  options.console_dir = folder.path();
  Log log(LogFormat::Text, LogLevel::Off);
  const auto started = app::Sandbox::start(options, log, {nullptr, &sender()});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().detail.find("holds no index.html"), std::string::npos) << started.error().detail;
}

TEST_F(Console, TheReferencePagesListTheirOwnSurface) {
  const std::string partner = get("/docs").text;
  EXPECT_NE(partner.find("/v1/spv-requests/{slug}"), std::string::npos);
  EXPECT_EQ(partner.find("/_sandbox/clock/advance"), std::string::npos);
  EXPECT_NE(partner.find("data-document=\"/openapi.json\""), std::string::npos);
  const std::string control = get("/_sandbox/docs").text;
  EXPECT_NE(control.find("/_sandbox/clock/advance"), std::string::npos);
  EXPECT_EQ(control.find("/v1/spv-requests/{slug}"), std::string::npos);
  EXPECT_NE(control.find("data-document=\"/_sandbox/openapi.json\""), std::string::npos);
}

}  // namespace
}  // namespace zest::api

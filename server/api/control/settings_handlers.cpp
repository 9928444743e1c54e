// What may change while the sandbox runs: /_sandbox/settings.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "base/url.h"

namespace zest::api {
namespace {

Json settings_json(const PublicUrl& public_url) { return Json{{"publicUrl", public_url.get()}}; }

Result<Answer> show_settings(const Services& services, Exchange&) {
  return json_answer(200, settings_json(services.public_url));
}

// The new base URL is kept with the database before anybody is told of it. null: the one of the start again.
Result<Answer> change_settings(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const std::optional<std::string> given = reader.text("publicUrl");
  std::string url = services.public_url.at_start();
  if (given) {
    Result<std::string> base = parse_base_url(*given);
    if (base.ok()) {
      url = std::move(*base);
    } else {
      reader.fail_member("publicUrl", base.error().detail);
    }
  }
  if (reader.error()) return *reader.error();
  RETURN_IF_ERROR(services.store.write([&](store::Write& tx) -> Result<void> {
    tx.set_meta(kKeptPublicUrl, given ? url : std::string());
    return {};
  }));
  services.public_url.set(url);
  services.log.info("the public URL is " + url + " from now on");
  return json_answer(200, settings_json(services.public_url));
}

}  // namespace

void add_settings_routes(RouteTable& table, const Services& services) {
  add_control(table, services,
              control_route(Operation::GetSettings, "What may change at run time", answers("Settings")),
              show_settings);
  Route change = control_route(Operation::ChangeSettings, "Change the base URL of links in webhooks",
                               {"SettingsChange", "Settings"});
  change.description =
      "publicUrl: http:// or https:// and a host; null is the URL of the start again. A database keeps it, "
      "until a start with --public-url says otherwise.";
  add_control(table, services, std::move(change), change_settings);
}

}  // namespace zest::api

#include "app/service_variables.h"

#include <algorithm>

namespace zest::app {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// tcp://10.96.12.7:8080
bool is_service_address(std::string_view value) {
  for (const std::string_view protocol : {"tcp://", "udp://", "sctp://"}) {
    if (value.substr(0, protocol.size()) != protocol) continue;
    const std::string_view place = value.substr(protocol.size());
    const std::size_t colon = place.rfind(':');
    return colon != std::string_view::npos && colon > 0 && is_number(place.substr(colon + 1));
  }
  return false;
}

// …_PORT_8080_TCP, …_PORT_8080_TCP_ADDR
bool names_one_port(std::string_view name) {
  for (const std::string_view detail : {"_PROTO", "_PORT", "_ADDR"}) {
    if (ends_with(name, detail)) {
      name.remove_suffix(detail.size());
      break;
    }
  }
  for (const std::string_view protocol : {"_TCP", "_UDP", "_SCTP"}) {
    if (!ends_with(name, protocol)) continue;
    const std::string_view port = name.substr(0, name.size() - protocol.size());
    constexpr std::string_view kPort = "_PORT_";
    const std::size_t at = port.rfind(kPort);
    return at != std::string_view::npos && is_number(port.substr(at + kPort.size()));
  }
  return false;
}

}  // namespace

bool is_service_variable(std::string_view name, std::string_view value) {
  if (ends_with(name, "_SERVICE_HOST") || ends_with(name, "_SERVICE_PORT")) return true;
  if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
  if (name.find("_ENV_") != std::string_view::npos || names_one_port(name)) return true;
  if (ends_with(name, "_PORT")) return is_service_address(value);
  return ends_with(name, "_NAME") && value.substr(0, 1) == "/";
}

}  // namespace zest::app

// The variables by which Kubernetes and Docker links tell a container of its neighbours. A service called
// zest-sandbox, or zest-sandbox-admin, gives its neighbours variables that look like the sandbox's own:
// ZEST_SANDBOX_PORT=tcp://10.96.12.7:8080. Source: kubernetes.io/docs/concepts/services-networking/service
// (environment variables), docs.docker.com/engine/network/links. Thread-safety: pure functions.
#pragma once

#include <string_view>

namespace zest::app {

// Whether somebody else set this variable: by its name alone (…_SERVICE_HOST, …_PORT_8080_TCP_ADDR), or by
// name and value (…_PORT=tcp://10.96.12.7:8080, …_NAME=/app/zest-sandbox).
bool is_service_variable(std::string_view name, std::string_view value);

}  // namespace zest::app

#include "scenario/operations.h"

#include <algorithm>
#include <array>

namespace zest::scenario {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};

// How steps call what paths name.
struct StepMember {
  std::string_view placeholder;
  std::string_view member;
};
constexpr StepMember kStepMembers[] = {{"slug", "spvRequest"},         {"spv_slug", "spv"},
                                       {"person_id", "person"},        {"version", "version"},
                                       {"template_name", "contract"},  {"catalog_name", "contract"},
                                       {"primitive_name", "contract"}, {"sample_name", "contract"}};

// Nothing when a step cannot name what the path does.
std::optional<std::string> path_of_step(std::string_view path) {
  std::optional<std::string> named(path);
  each_placeholder(path, [&named](std::string_view name) {
    const auto* found = std::find_if(std::begin(kStepMembers), std::end(kStepMembers),
                                     [name](const StepMember& each) { return each.placeholder == name; });
    if (found == std::end(kStepMembers)) named.reset();
    if (named) named->replace(named->find("{" + std::string(name) + "}") + 1, name.size(), found->member);
  });
  return named;
}

std::vector<CallForm> all_calls() {
  std::vector<CallForm> all;
  for (const OperationRow& row : kOperationTable) {
    const std::optional<std::string> path = path_of_step(row.path);
    if (surface_of(row.path) != Surface::Partner || !path) continue;
    all.push_back({std::string(row.id), std::string(row.method), *path, row.operation, row.body, row.access,
                   row.key == KeyUse::Required});
    if (row.operation != Operation::ExchangeTokens) continue;
    all.push_back(all.back());
    all.back().id = kRefreshTokens;
  }
  return all;
}

}  // namespace

const std::vector<CallForm>& call_forms() {
  static const std::vector<CallForm> all = all_calls();
  return all;
}

const CallForm* find_call(std::string_view id) {
  const auto found = std::find_if(call_forms().begin(), call_forms().end(),
                                  [id](const CallForm& each) { return each.id == id; });
  return found == call_forms().end() ? nullptr : &*found;
}

std::vector<std::string> call_ids() {
  std::vector<std::string> ids;
  for (const CallForm& call : call_forms()) ids.push_back(call.id);
  return ids;
}

std::optional<CallForm> spelt_out(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.substr(space + 1, 1) != "/") return std::nullopt;
  const std::string_view method = text.substr(0, space);
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) return std::nullopt;
  CallForm call;
  call.id = text;
  call.method = method;
  call.path = text.substr(space + 1);
  call.body = BodyKind::JsonDocument;
  return call;
}

}  // namespace zest::scenario

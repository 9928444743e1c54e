#include "insight/coverage_report.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "base/error.h"
#include "base/version.h"

namespace zest::insight {
namespace {

constexpr const char* kCoverageKind = "coverage";

void add_totals(Json& to, const CoverageTotals& totals) {
  to["covered"] = totals.covered;
  to["total"] = totals.total;
  to["percent"] = totals.percent();
}

Json item_json(const CoverageItem& item, std::uint64_t count, const CommandPlace& place) {
  Json json{{"id", item.id}, {"name", item.name}, {"count", count}};
  if (count == 0) json["command"] = command_for(item, place);
  return json;
}

// Counts of files that somebody made up must not run over.
std::uint64_t sum_of(std::uint64_t left, std::uint64_t right) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return left > most - right ? most : left + right;
}

}  // namespace

CoverageTotals totals_of(const CoverageCounts& counts) {
  const auto met = std::count_if(counts.begin(), counts.end(), [](std::uint64_t count) { return count > 0; });
  return {static_cast<std::size_t>(met), counts.size()};
}

Json coverage_json(const CoverageCounts& counts, const CommandPlace& place, bool has_endpoint) {
  Json json{{"kind", kCoverageKind}, {"version", version()}};
  add_totals(json, totals_of(counts));
  json["endpoint"] = has_endpoint;
  json["dimensions"] = Json::array();
  const std::vector<CoverageItem>& items = coverage_items();
  for (const CoverageDimensionRow& row : kCoverageDimensionTable) {
    Json dimension{{"id", row.id}, {"title", row.title}, {"counts", row.counts}};
    Json list = Json::array();
    CoverageTotals totals;
    const std::size_t begin = coverage_begin(row.dimension);
    for (std::size_t i = begin; i < begin + coverage_size(row.dimension); ++i) {
      list.push_back(item_json(items[i], counts[i], place));
      ++totals.total;
      if (counts[i] > 0) ++totals.covered;
    }
    add_totals(dimension, totals);
    dimension["items"] = std::move(list);
    json["dimensions"].push_back(std::move(dimension));
  }
  return json;
}

Result<CoverageCounts> read_coverage(const Json& document) {
  const Json* kind = member(document, "kind");
  const Json* dimensions = member(document, "dimensions");
  if (kind == nullptr || *kind != kCoverageKind || dimensions == nullptr || !dimensions->is_array()) {
    return invalid_request("this is no coverage; `zest-sandbox coverage --json` writes one");
  }
  CoverageCounts counts{};
  for (const Json& dimension : *dimensions) {
    const Json* items = member(dimension, "items");
    if (items == nullptr || !items->is_array()) return invalid_request("a dimension of it has no items");
    for (const Json& item : *items) {
      const std::string* id = string_member(item, "id");
      const Json* count = member(item, "count");
      if (id == nullptr || count == nullptr || !count->is_number_unsigned()) {
        return invalid_request("an item of it lacks an id, or a count that is a whole number");
      }
      const std::vector<CoverageItem>& known = coverage_items();
      const auto place =
          std::find_if(known.begin(), known.end(), [id](const CoverageItem& each) { return each.id == *id; });
      if (place == known.end()) {
        return invalid_request("it counts \"" + *id + "\", which version " + std::string(version()) +
                               " does not know");
      }
      std::uint64_t& sum = counts[static_cast<std::size_t>(place - known.begin())];
      sum = sum_of(sum, count->get<std::uint64_t>());
    }
  }
  return counts;
}

void add_coverage(CoverageCounts& to, const CoverageCounts& counts) {
  std::transform(to.begin(), to.end(), counts.begin(), to.begin(), sum_of);
}

}  // namespace zest::insight

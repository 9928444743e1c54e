// Pages of lists whose documents may be large. They are read and turned into text a few at a time, so that a
// page costs the memory of those few and of a bounded text: what is longer goes to a file that is sent and
// removed. Thread-safety: a ListText is used by one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "api/pipeline/request_scope.h"
#include "api/pipeline/router.h"
#include "base/file_descriptor.h"
#include "base/json.h"

namespace zest::api {

class ListText {
 public:
  static constexpr std::size_t kInMemory = std::size_t{1024} * 1024;  // bytes

  explicit ListText(std::filesystem::path spool_dir) : spool_dir_(std::move(spool_dir)) {}

  // Errors: ServiceUnavailable, the text cannot be stored.
  Result<void> add(const Json& document);
  // The same bytes as of readers.h, list_json. Call once.
  Result<Answer> finish(std::size_t count, store::Page page);

 private:
  Result<void> append(std::string_view text);
  Result<void> spill();

  const std::filesystem::path spool_dir_;
  std::string text_ = R"({"documents":[)";
  bool empty_ = true;
  FileDescriptor file_;  // from when the text is long; without a name
};

inline constexpr std::size_t kListPortion = 20;  // documents that are in memory at once

// A page as of one moment. `fetch(store::Read&, store::Page)` answers a store::Paged of a part of it,
// `to_json(store::Read&, T)` the document.
template <class Fetch, class ToJson>
Result<Answer> list_answer(const Services& services, store::Page page, Fetch fetch, ToJson to_json) {
  ListText text(services.store.uploads().spool_dir());
  std::size_t count = 0;
  const Result<Done> read = run_read(services, [&](store::Read& tx) -> Result<Done> {
    for (std::size_t done = 0; done < page.limit; done += kListPortion) {
      const store::Page portion{page.skip + done, std::min(kListPortion, page.limit - done)};
      auto found = fetch(tx, portion);
      count = found.count;
      for (auto& document : found.documents) RETURN_IF_ERROR(text.add(to_json(tx, std::move(document))));
      if (found.documents.size() < portion.limit) break;
    }
    return Done{};
  });
  if (!read.ok()) return read.error();
  return text.finish(count, page);
}

}  // namespace zest::api

#include "api/pipeline/list_answer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/file.h"

namespace zest::api {
namespace {

Error unstorable() {
  return make_error(ErrorKind::ServiceUnavailable, "the sandbox cannot store the text of a long list: " +
                                                       std::generic_category().message(errno));
}

}  // namespace

Result<void> ListText::add(const Json& document) {
  if (!std::exchange(empty_, false)) text_ += ',';
  return append(dump_json(document));
}

Result<void> ListText::append(std::string_view text) {
  text_ += text;
  return text_.size() > kInMemory ? spill() : Result<void>();
}

Result<void> ListText::spill() {
  if (!file_.valid()) {
    // Named like what uploads leave behind: the next start removes it should the process die right now.
    std::string path = (spool_dir_ / "upload-XXXXXX").string();
    file_ = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_.valid()) return unstorable();
    ::unlink(path.c_str());
  }
  if (!write_all(file_.get(), text_)) return unstorable();
  text_.clear();
  return {};
}

Result<Answer> ListText::finish(std::size_t count, store::Page page) {
  text_ += "],\"count\":" + std::to_string(count) + ",\"skip\":" + std::to_string(page.skip) +
           ",\"limit\":" + std::to_string(page.limit) + "}";
  Answer answer;
  if (file_.valid()) {
    RETURN_IF_ERROR(spill());
    answer.file = std::make_shared<const FileDescriptor>(std::move(file_));
  } else {
    answer.body = std::move(text_);
  }
  return answer;
}

}  // namespace zest::api

#include "http/body.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

#include "base/file.h"
#include "base/memory.h"

namespace zest::http {

FileSpooler::~FileSpooler() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FileSpooler::open(const std::filesystem::path& folder) {
  std::string path = (folder / "upload-XXXXXX").string();
  descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor_ < 0) return false;
  file_ = SpooledFile(path);
  size_ = 0;
  digest_.emplace();
  return true;
}

bool FileSpooler::write(std::string_view bytes) {
  digest_->update(bytes);
  size_ += bytes.size();
  return write_all(descriptor_, bytes);
}

bool FileSpooler::close_into(Part& part) {
  const int closed = ::close(std::exchange(descriptor_, -1));
  part.file = std::move(file_);
  part.size = size_;
  part.sha256 = digest_->finish();
  digest_.reset();
  return closed == 0;
}

bool FileSpooler::close_into(SpooledFile& file) {
  Part part;
  const bool closed = close_into(part);
  file = std::move(part.file);
  return closed;
}

BodyReader::BodyReader(TakeBody take, const Limits& limits) : take_(std::move(take)), limits_(limits) {}

std::optional<BodyStop> BodyReader::begin(const RequestHead& head, const Framing& framing) {
  if (!framing.chunked && framing.length > take_.limit) {
    return Problem{Refusal::BodyTooLarge,
                   "the body is larger than " + std::to_string(take_.limit) + " bytes"};
  }
  if (take_.to_file) {
    if (!spooler_.open(take_.spool_dir)) return disk_stop();
    return std::nullopt;
  }
  if (!take_.multipart) {
    if (!framing.chunked)
      bytes_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(framing.length, 64 * 1024)));
    return std::nullopt;
  }
  const std::string* const type = head.headers.find("Content-Type");
  const auto boundary = type ? MultipartParser::boundary_of(*type) : std::nullopt;
  if (!boundary) {
    return Problem{Refusal::MalformedMultipart,
                   "the Content-Type is no multipart/form-data with a usable boundary"};
  }
  multipart_.emplace(*boundary, static_cast<MultipartParser::Sink&>(*this));
  return std::nullopt;
}

std::optional<BodyStop> BodyReader::feed(std::string_view bytes) {
  received_ += bytes.size();
  if (received_ > take_.limit) {
    return Problem{Refusal::BodyTooLarge,
                   "the body is larger than " + std::to_string(take_.limit) + " bytes"};
  }
  try {
    const AllocationScope scope(Allocations::ForOneCaller);
    return take(bytes);
  } catch (const std::bad_alloc&) {
    bytes_ = std::string();
    return Problem{Refusal::OutOfMemory, ""};
  }
}

std::optional<BodyStop> BodyReader::take(std::string_view bytes) {
  if (take_.to_file) {
    if (!spooler_.write(bytes)) return disk_stop();
    return std::nullopt;
  }
  if (!multipart_) {
    bytes_.append(bytes);
    return std::nullopt;
  }
  if (multipart_->feed(bytes)) return std::nullopt;
  return multipart_stop();
}

std::optional<BodyStop> BodyReader::finish() {
  if (take_.to_file) {
    if (!spooler_.close_into(file_)) return disk_stop();
    return std::nullopt;
  }
  if (!multipart_ || multipart_->finish()) return std::nullopt;
  return multipart_stop();
}

std::optional<BodyStop> BodyReader::multipart_stop() {
  if (stop_) return std::move(stop_);
  return Problem{Refusal::MalformedMultipart, multipart_->problem()};
}

bool BodyReader::stop(Refusal refusal, std::string what) {
  stop_ = Problem{refusal, std::move(what)};
  return false;
}

bool BodyReader::disk_failed() {
  return stop(Refusal::StorageFailed,
              std::string("an upload cannot be stored: ") + std::generic_category().message(errno));
}

std::optional<BodyStop> BodyReader::disk_stop() {
  disk_failed();
  return std::move(stop_);
}

bool BodyReader::begin_part(PartHeader header) {
  if (parts_.size() == limits_.multipart_parts) {
    return stop(Refusal::MalformedMultipart,
                "the body has more than " + std::to_string(limits_.multipart_parts) + " parts");
  }
  const bool is_file = header.is_file();
  Part& part = parts_.emplace_back();
  part.name = std::move(header.name);
  part.content_type = std::move(header.content_type);
  if (is_file) part.filename = header.filename ? std::move(*header.filename) : std::string();
  if (take_.on_part) {
    if (auto answer = take_.on_part(part)) {
      stop_ = std::move(*answer);
      return false;
    }
  }
  return !is_file || spooler_.open(take_.spool_dir) || disk_failed();
}

bool BodyReader::part_bytes(std::string_view bytes) {
  Part& part = parts_.back();
  part.size += bytes.size();
  if (spooler_.is_open()) {
    if (part.size > take_.file_limit) {
      return stop(Refusal::FileTooLarge,
                  "the file is larger than " + std::to_string(take_.file_limit) + " bytes");
    }
    if (part.beginning.size() < kKeptBeginning)
      part.beginning.append(bytes.substr(0, kKeptBeginning - part.beginning.size()));
    return spooler_.write(bytes) || disk_failed();
  }
  if (part.size > limits_.multipart_field_bytes) {
    return stop(Refusal::BodyTooLarge,
                "a field is larger than " + std::to_string(limits_.multipart_field_bytes) + " bytes");
  }
  part.value.append(bytes);
  fields_ += bytes.size();
  return true;
}

bool BodyReader::end_part() {
  return !spooler_.is_open() || spooler_.close_into(parts_.back()) || disk_failed();
}

}  // namespace zest::http

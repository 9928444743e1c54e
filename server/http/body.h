// Takes a request's body the way the handler asked for: into memory, or as multipart with file parts spooled
// to disk. Every limit is enforced as the bytes come. Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/crypto.h"
#include "http/framing.h"
#include "http/listener.h"
#include "http/multipart.h"

namespace zest::http {

// Why a body is not taken to its end: a refusal, or the answer of TakeBody::on_part.
using BodyStop = std::variant<Problem, Response>;

// A file part on its way to disk.
class FileSpooler {
 public:
  FileSpooler() = default;
  ~FileSpooler();
  FileSpooler(const FileSpooler&) = delete;
  FileSpooler& operator=(const FileSpooler&) = delete;

  // False: the disk refuses; errno says why.
  bool open(const std::filesystem::path& folder);
  bool write(std::string_view bytes);
  // Fills in file, size and sha256.
  bool close_into(Part& part);
  bool close_into(SpooledFile& file);
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
  SpooledFile file_;
  std::uint64_t size_ = 0;
  std::optional<Sha256> digest_;
};

class BodyReader final : private MultipartParser::Sink {
 public:
  BodyReader(TakeBody take, const Limits& limits);
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // Before the first byte: what the head already tells (a declared length over the limit, an unusable
  // boundary).
  std::optional<BodyStop> begin(const RequestHead& head, const Framing& framing);
  // Content bytes, free of any transfer coding.
  std::optional<BodyStop> feed(std::string_view bytes);
  std::optional<BodyStop> finish();

  // Bytes that it holds of the body, files aside.
  std::size_t in_memory() const { return bytes_.capacity() + fields_; }

  const AdmittedCall* call() const { return take_.call.get(); }
  bool may_wait() const { return take_.may_wait; }

  // The result of a finished body.
  std::unique_ptr<AdmittedCall> take_call() { return std::move(take_.call); }
  std::string take_bytes() { return std::move(bytes_); }
  SpooledFile take_file() { return std::move(file_); }
  std::vector<Part> take_parts() { return std::move(parts_); }

 private:
  std::optional<BodyStop> take(std::string_view bytes);
  bool begin_part(PartHeader header) override;
  bool part_bytes(std::string_view bytes) override;
  bool end_part() override;
  bool stop(Refusal refusal, std::string what);
  bool disk_failed();
  std::optional<BodyStop> disk_stop();  // the same, for what is no part
  std::optional<BodyStop> multipart_stop();

  TakeBody take_;
  const Limits& limits_;
  std::uint64_t received_ = 0;
  std::string bytes_;
  std::size_t fields_ = 0;  // bytes of multipart fields
  SpooledFile file_;
  std::optional<MultipartParser> multipart_;
  FileSpooler spooler_;
  std::vector<Part> parts_;
  std::optional<BodyStop> stop_;
};

}  // namespace zest::http

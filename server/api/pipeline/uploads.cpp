#include "api/pipeline/uploads.h"

#include <algorithm>

#include "api/pipeline/checks.h"
#include "api/pipeline/schemas.h"
#include "base/crypto.h"
#include "base/decimal.h"
#include "rules/file_urls.h"
#include "rules/formats.h"

namespace zest::api {
namespace {

// Looks for parts by name and collects what is wrong with them.
class PartReader {
 public:
  explicit PartReader(const std::vector<http::Part>& parts) : parts_(parts) {}

  // The one part of that name, or nullptr with a violation.
  const http::Part* one(const std::string& name) {
    const http::Part* found = nullptr;
    for (const http::Part& part : parts_) {
      if (part.name != name) continue;
      if (found != nullptr) return fail(name, "type", "must be sent once");
      found = &part;
    }
    return found != nullptr ? found : fail(name, "required", "is required");
  }

  // The text of a field that is there and not blank, or "" with a violation.
  std::string text(const std::string& name) {
    const http::Part* part = one(name);
    if (part == nullptr) return "";
    if (part->filename || part->file.path() != "") {
      fail(name, "type", "must be a plain field, not a file");
    } else if (part->value.find_first_not_of(" \t\r\n") == std::string::npos) {
      fail(name, "required", "must not be empty");
    } else if (!http::is_valid_utf8(part->value)) {
      fail(name, "format", "must be valid UTF-8");
    } else {
      return part->value;
    }
    return "";
  }

  std::nullptr_t fail(const std::string& name, std::string code, const std::string& message,
                      std::optional<std::string> value = std::nullopt) {
    violations_.push_back({name, name, std::move(code), name + " " + message, std::move(value)});
    return nullptr;
  }

  std::vector<Violation> take_violations() { return std::move(violations_); }

 private:
  const std::vector<http::Part>& parts_;
  std::vector<Violation> violations_;
};

std::string read_amount(PartReader& reader) {
  std::string text = reader.text("amount");
  if (text.empty()) return text;
  const Result<Decimal> amount = Decimal::parse(text);
  if (!amount.ok()) {
    reader.fail("amount", "format", "must be a decimal number such as 25000.00", rules::value_text(text));
  } else if (amount->is_negative() || amount->is_zero()) {
    reader.fail("amount", "min_value", "must be greater than 0", rules::value_text(text));
  }
  return text;
}

std::string read_currency(PartReader& reader) {
  std::string text = reader.text("currency");
  if (!text.empty() && !rules::is_currency(text)) {
    reader.fail("currency", "format", "must be an ISO 4217 code", rules::value_text(text));
  }
  return text;
}

Result<UploadParts> read_parts(const std::vector<http::Part>& parts, bool with_funding) {
  for (const http::Part& part : parts) {
    if (part.name == "file") RETURN_IF_ERROR(check_upload_type(part));
  }
  PartReader reader(parts);
  UploadParts read;
  if (with_funding) {
    read.funding.amount = read_amount(reader);
    read.funding.currency = read_currency(reader);
    read.funding.wire_reference = reader.text("wireReference");
  }
  read.file = reader.one("file");
  if (read.file != nullptr && read.file->size == 0) reader.fail("file", "required", "must not be empty");
  std::vector<Violation> violations = reader.take_violations();
  if (read.file == nullptr || !violations.empty()) return violated(std::move(violations));
  read.upload = {to_hex(read.file->sha256), read.file->size, media_type(*read.file->content_type)};
  return read;
}

}  // namespace

Result<UploadParts> read_form_parts(const std::vector<http::Part>& parts) { return read_parts(parts, false); }
Result<UploadParts> read_funding_parts(const std::vector<http::Part>& parts) {
  return read_parts(parts, true);
}

void sweep_uploads(const Services& services) {
  const MachineTime machine = machine_time(services.clock);
  const Result<void> forgotten = services.store.write([&machine](store::Write& tx) -> Result<void> {
    rules::forget_expired_files(tx, machine);
    return {};
  });
  if (!forgotten.ok()) services.log.warning("Expired uploads were not removed: " + forgotten.error().detail);
  services.store.uploads().sweep();
}

}  // namespace zest::api

#include <fcntl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/json_file.h"
#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct SnapshotOptions {
  std::string file;
  bool rewind = false;
};

int save(const Program& program, const Remote& remote, const SnapshotOptions& options) {
  if (options.file == "-") {
    const Result<void> saved = control_api(remote).save_snapshot([&program](std::string_view bytes) {
      program.out << bytes;
      return program.out.good();
    });
    program.out << std::flush;
    return saved.ok() ? kFine : report(program, remote, saved.error());
  }
  std::uint64_t size = 0;
  Result<void> saved;
  int failure = 0;  // of the file
  // It holds the partners' webhook secrets.
  const Result<void> written = write_secret_file(options.file, [&](int file) {
    saved = control_api(remote).save_snapshot([&, file](std::string_view bytes) {
      size += bytes.size();
      const bool taken = write_all(file, bytes);
      if (!taken) failure = errno;
      return taken;
    });
    errno = failure;
    return saved.ok();
  });
  if (!saved.ok() && failure == 0) return report(program, remote, saved.error());
  if (!written.ok()) return program.fail(kFailed, written.error().detail);
  program.err << "Saved " << size << " bytes to " << options.file << ".\n";
  return kFine;
}

// What a file or standard input holds, a portion at a time.
class Input {
 public:
  explicit Input(const std::string& name) : name_(name) {
    if (name == "-") return;
    opened_ = FileDescriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened_.valid()) failure_ = errno;
    file_ = opened_.get();
  }
  // Nothing at a failure.
  std::optional<std::size_t> read(char* buffer, std::size_t room) {
    while (failure_ == 0) {
      const ssize_t got = ::read(file_, buffer, room);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) failure_ = errno;
    }
    return std::nullopt;
  }
  std::optional<std::string> failure() const {
    if (failure_ == 0) return std::nullopt;
    return name_ + " cannot be read: " + std::generic_category().message(failure_);
  }

 private:
  const std::string name_;
  FileDescriptor opened_;
  int file_ = STDIN_FILENO;
  int failure_ = 0;
};

int load(const Program& program, const Remote& remote, const SnapshotOptions& options) {
  Input input(options.file);
  // What cannot be read is said before anybody is called.
  std::string begin(16 * 1024, '\0');
  begin.resize(input.read(begin.data(), begin.size()).value_or(0));
  if (input.failure()) return program.fail(kUsage, *input.failure());
  if (!may_begin_object(begin)) {
    return program.fail(kUsage, options.file + " is no snapshot: it does not begin as a JSON object does");
  }
  client::BodySource source;
  source.read = [&input, &begin](char* buffer, std::size_t room) -> std::optional<std::size_t> {
    if (begin.empty()) return input.read(buffer, room);
    const std::size_t taken = begin.copy(buffer, room);
    begin.erase(0, taken);
    return taken;
  };
  const Result<Json> loaded = control_api(remote).load_snapshot(std::move(source), options.rewind);
  if (input.failure()) return program.fail(kUsage, *input.failure());
  return print(program, remote, loaded, [&options](const Json&) { return "Loaded " + options.file + ".\n"; });
}

}  // namespace

void add_snapshot(Program& program) {
  CLI::App* group = program.command("snapshot", "Save or restore the whole state of a running sandbox", {});
  const auto options = std::make_shared<SnapshotOptions>();
  CLI::App* save_command = program.command(
      group, "save",
      "Write the whole state, its secrets too, to a file for the owner only (- is standard output)",
      {"snapshot save state.json"});
  const auto save_remote = add_remote(program, save_command);
  save_command->add_option("file", options->file, "Where to")->required()->type_name("FILE");
  program.on(save_command,
             [&program, save_remote, options] { return save(program, *save_remote, *options); });

  CLI::App* load_command =
      program.command(group, "load", "Replace the whole state by what a file holds (- is standard input)",
                      {"snapshot load state.json"});
  const auto load_remote = add_remote(program, load_command);
  load_command->add_option("file", options->file, "Where from")->required()->type_name("FILE");
  load_command->add_flag("--rewind", options->rewind, "Take identifiers and random streams back as well");
  program.on(load_command,
             [&program, load_remote, options] { return load(program, *load_remote, *options); });
}

}  // namespace zest::cli

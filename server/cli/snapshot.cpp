#include <CLI/App.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct SnapshotOptions {
  std::string file;
  bool rewind = false;
};

int save(const Program& program, const Remote& remote, const SnapshotOptions& options) {
  Result<std::string> snapshot = control_api(remote).save_snapshot();
  if (!snapshot.ok()) return report(program, remote, snapshot.error());
  if (options.file == "-") {
    program.out << *snapshot << std::flush;
    return kFine;
  }
  // It holds the partners' webhook secrets.
  const Result<void> written = write_secret_file(options.file, *snapshot);
  if (!written.ok()) return program.fail(kFailed, written.error().detail);
  program.err << "Saved " << snapshot->size() << " bytes to " << options.file << ".\n";
  return kFine;
}

int load(const Program& program, const Remote& remote, const SnapshotOptions& options) {
  const Result<std::string> snapshot = read_input(options.file);
  if (!snapshot.ok()) return program.fail(kUsage, snapshot.error().detail);
  return print(program, remote, control_api(remote).load_snapshot(*snapshot, options.rewind),
               [&options](const Json&) { return "Loaded " + options.file + ".\n"; });
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

// A disk that may lose its power. What the process does to the files below a folder is written down, call by
// call and in order; from that, the disk can be put together as it may look after the power failed at any
// point: with everything that was synchronised, and of the rest whatever chance leaves, in part, in any
// order, a write torn.
//
// The rules are POSIX's at their strictest: a file's bytes are on the medium once the file was synchronised,
// its name once the folder was. Renaming is one step within the log of each folder. Thread-safety: Recording
// is safe, Disk not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace zest::power {

using NodeId = std::uint64_t;  // of a file or folder, whatever its name

struct WriteBytes {
  NodeId file;
  std::uint64_t offset;
  std::string bytes;
};
struct Truncate {
  NodeId file;
  std::uint64_t size;
};
// A name in a folder leads to a node, or to nothing. Those of one step have one number.
struct Name {
  NodeId folder;
  std::string name;
  std::optional<NodeId> node;
  std::uint64_t step;
};
struct MadeNode {
  NodeId node;
  bool is_folder;
};
struct Synchronise {
  NodeId node;
};
// Something happened outside of the disk: what, only the caller knows.
struct Note {
  std::size_t number;
};
using Step = std::variant<MadeNode, WriteBytes, Truncate, Name, Synchronise, Note>;

// Writes down what this process does below `root`, from its making until stop(). One at a time.
class Recording {
 public:
  explicit Recording(const std::filesystem::path& root);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Answers the number that the log has for it.
  std::size_t note();
  std::vector<Step> stop();

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

class Disk {
 public:
  // What lies below `root` now, all of it on the medium.
  explicit Disk(const std::filesystem::path& root);

  void apply(const Step& step);

  enum class Mercy {
    Nothing,     // of what was not synchronised nothing is left
    Everything,  // the process died, the disk did not
    InOrder,     // what was done first is there, up to some point
    Chance,      // whatever chance leaves
  };
  // The disk after a loss of power, made in the empty folder `into`.
  void after_loss(Mercy mercy, std::mt19937_64& chance, const std::filesystem::path& into) const;

 private:
  struct Change {
    std::variant<WriteBytes, Truncate> what;
    std::uint64_t order;
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
  };
  struct Folder {
    std::map<std::string, NodeId> durable;
    std::vector<std::pair<Name, std::uint64_t>> pending;  // with its place in the order
  };
  using Survives = std::function<bool(std::uint64_t order)>;

  void load(const std::filesystem::path& path, NodeId id);
  void make(NodeId id, const Survives& survives, Mercy mercy, std::mt19937_64& chance,
            const std::filesystem::path& into) const;
  std::vector<std::uint64_t> pending_orders() const;
  static void apply(std::string& bytes, const std::variant<WriteBytes, Truncate>& what);
  static void tear(std::string& bytes, const WriteBytes& write, std::mt19937_64& chance);

  NodeId root_ = 0;
  std::uint64_t order_ = 0;
  std::map<NodeId, File> files_;
  std::map<NodeId, Folder> folders_;
};

// Of what was there before anything was written down: the file system's own number.
NodeId node_of(const std::filesystem::path& path);

}  // namespace zest::power

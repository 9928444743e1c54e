#include "power/disk.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace zest::power {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

NodeId node_of(const fs::path& path) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) throw std::runtime_error("no such file: " + path.string());
  return found.st_ino;
}

Disk::Disk(const fs::path& root) : root_(node_of(root)) { load(root, root_); }

void Disk::load(const fs::path& path, NodeId id) {
  Folder& folder = folders_[id];
  for (const auto& entry : fs::directory_iterator(path)) {
    const NodeId child = node_of(entry.path());
    folder.durable[entry.path().filename()] = child;
    if (entry.is_directory()) {
      load(entry.path(), child);
    } else {
      files_[child].durable = contents(entry.path());
    }
  }
}

void Disk::apply(std::string& bytes, const std::variant<WriteBytes, Truncate>& what) {
  if (const auto* truncate = std::get_if<Truncate>(&what)) {
    bytes.resize(truncate->size, '\0');
    return;
  }
  const auto& write = std::get<WriteBytes>(what);
  if (bytes.size() < write.offset + write.bytes.size()) bytes.resize(write.offset + write.bytes.size(), '\0');
  bytes.replace(write.offset, write.bytes.size(), write.bytes);
}

// Of a write that was under way: some of its sectors, and the file may be as long as the whole would have
// made it. What lies in one sector is written or not.
void Disk::tear(std::string& bytes, const WriteBytes& write, std::mt19937_64& chance) {
  const std::uint64_t end = write.offset + write.bytes.size();
  const bool from_the_first = chance() % 2 == 0;
  for (std::uint64_t at = write.offset; at < end;) {
    const std::uint64_t next = std::min<std::uint64_t>((at / kSector + 1) * kSector, end);
    if (chance() % 2 == 0) {
      apply(bytes, WriteBytes{write.file, at, write.bytes.substr(at - write.offset, next - at)});
    } else if (from_the_first) {
      break;
    }
    at = next;
  }
  if (bytes.size() < end && chance() % 2 == 0) bytes.resize(end, '\0');
}

void Disk::apply(const Step& step) {
  ++order_;
  if (const auto* made = std::get_if<MadeNode>(&step)) {
    // The number may have been that of something that is gone.
    files_.erase(made->node);
    folders_.erase(made->node);
    if (made->is_folder) {
      folders_[made->node];
    } else {
      files_[made->node];
    }
  } else if (const auto* write = std::get_if<WriteBytes>(&step)) {
    files_[write->file].pending.push_back({*write, order_});
  } else if (const auto* truncate = std::get_if<Truncate>(&step)) {
    files_[truncate->file].pending.push_back({*truncate, order_});
  } else if (const auto* name = std::get_if<Name>(&step)) {
    folders_[name->folder].pending.emplace_back(*name, order_);
  } else if (const auto* synchronise = std::get_if<Synchronise>(&step)) {
    if (const auto file = files_.find(synchronise->node); file != files_.end()) {
      for (const Change& change : file->second.pending) apply(file->second.durable, change.what);
      file->second.pending.clear();
    } else if (const auto folder = folders_.find(synchronise->node); folder != folders_.end()) {
      for (const auto& [changed, order] : folder->second.pending) {
        if (changed.node) {
          folder->second.durable[changed.name] = *changed.node;
        } else {
          folder->second.durable.erase(changed.name);
        }
      }
      folder->second.pending.clear();
    }
  }
}

std::vector<std::uint64_t> Disk::pending_orders() const {
  std::vector<std::uint64_t> orders;
  for (const auto& entry : files_) {
    for (const Change& change : entry.second.pending) orders.push_back(change.order);
  }
  for (const auto& entry : folders_) {
    for (const auto& pending : entry.second.pending) orders.push_back(pending.second);
  }
  std::sort(orders.begin(), orders.end());
  return orders;
}

void Disk::after_loss(Mercy mercy, std::mt19937_64& chance, const fs::path& into) const {
  const std::vector<std::uint64_t> orders = pending_orders();
  const std::uint64_t last = orders.empty() ? 0 : orders[chance() % orders.size()];
  const std::uint64_t salt = chance();
  const Survives survives = [mercy, last, salt](std::uint64_t order) {
    switch (mercy) {
      case Mercy::Nothing:
        return false;
      case Mercy::Everything:
        return true;
      case Mercy::InOrder:
        return order <= last;
      case Mercy::Chance:
        return std::mt19937_64(salt ^ (order * 0x9E3779B97F4A7C15U))() % 2 == 0;
    }
    return false;
  };
  make(root_, survives, mercy, chance, into);
}

void Disk::make(NodeId id, const Survives& survives, Mercy mercy, std::mt19937_64& chance,
                const fs::path& into) const {
  const Folder& folder = folders_.at(id);
  std::map<std::string, NodeId> names = folder.durable;
  for (const auto& [changed, order] : folder.pending) {
    // Both names of a step share its fate.
    if (!survives(mercy == Mercy::InOrder ? order : changed.step)) continue;
    if (changed.node) {
      names[changed.name] = *changed.node;
    } else {
      names.erase(changed.name);
    }
  }
  for (const auto& [name, node] : names) {
    if (folders_.contains(node)) {
      fs::create_directory(into / name);
      make(node, survives, mercy, chance, into / name);
      continue;
    }
    const auto file = files_.find(node);
    if (file == files_.end()) throw std::logic_error("a name leads to nothing that was seen: " + name);
    std::string bytes = file->second.durable;
    for (const Change& change : file->second.pending) {
      const auto* write = std::get_if<WriteBytes>(&change.what);
      if (survives(change.order)) {
        apply(bytes, change.what);
      } else if (write != nullptr && mercy != Mercy::Nothing && chance() % 4 == 0) {
        tear(bytes, *write, chance);
        if (mercy == Mercy::InOrder) break;
      }
    }
    std::ofstream(into / name, std::ios::binary) << bytes;
  }
}

}  // namespace zest::power

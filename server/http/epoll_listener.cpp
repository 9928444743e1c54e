// The hardened listener: connections wait in epoll and cost a worker only while there is something to do.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/free_memory.h"
#include "base/memory.h"
#include "base/thread_name.h"
#include "http/connection.h"

namespace zest::http {
namespace {

constexpr std::uint64_t kWakeId = 0;
constexpr std::uint64_t kFirstListeningId = 1;  // and one more for each further socket
constexpr std::uint64_t kFirstConnectionId = 16;
constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr int kAcceptsInARow = 32;
// Connections beyond the limit: those that are told so, and those for which an idle one is about to end;
// further ones are just closed.
constexpr std::size_t kBeyondLimit = 64;

// As many connections as are wanted, but half of the files that the process may have open: the others are for
// webhooks on their way and the database.
std::size_t affordable(std::size_t connections) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return connections;
  return std::min<std::size_t>(connections, std::max<std::size_t>(files.rlim_cur / 2, 1));
}

class EpollListener final : public Listener {
 public:
  EpollListener(const ListenOptions& options, Handler& handler, Log& log,
                std::vector<FileDescriptor> listening)
      : context_{options.limits,
                 handler,
                 log,
                 FileDescriptor(::epoll_create1(EPOLL_CLOEXEC)),
                 local_port(listening.front().get()),
                 Crew(std::max(options.workers, 1), options.at_once)},
        most_connections_(affordable(options.limits.connections)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        listening_(std::move(listening)),
        worker_count_(std::max(options.workers, 1)) {}
  ~EpollListener() override { halt(); }

  // False: the process has no descriptors left.
  bool run() {
    if (!context_.epoll.valid() || !wake_.valid()) return false;
    if (!enter(wake_.get(), kWakeId, EPOLLIN)) return false;
    {
      const MutexLock lock(accept_mutex_);
      std::uint64_t id = kFirstListeningId;
      for (const FileDescriptor& socket : listening_) {
        if (!enter(socket.get(), id++, EPOLLIN | EPOLLONESHOT)) return false;
      }
    }
    for (int i = 0; i < worker_count_; ++i) {
      workers_.emplace_back([this, i] {
        name_thread(("http-" + std::to_string(i + 1)).c_str());
        try {
          work(i);
        } catch (const std::bad_alloc&) {
          // Nothing was left to begin with; what can be said of it, the start says.
        }
      });
    }
    sweeper_ = std::thread([this] {
      name_thread("http-deadlines");
      sweep();
    });
    return true;
  }

  int port() const override { return context_.port; }
  void stop() override { halt(); }
  bool hardened() const override { return true; }

 private:
  using Steady = Connection::Steady;

  bool enter(int descriptor, std::uint64_t id, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    return ::epoll_ctl(context_.epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  // --- Workers ---

  void work(int worker) {
    const AllocationScope scope(Allocations::ForAll);
    Connection::Scratch scratch(kScratchBytes);
    while (context_.crew.ready(worker)) {
      // One event at a time: a handler that takes long holds up no other connection's event.
      epoll_event event{};
      if (::epoll_wait(context_.epoll.get(), &event, 1, -1) != 1) continue;
      const std::uint64_t id = event.data.u64;
      if (id == kWakeId) continue;
      context_.crew.taken(worker);
      if (id < kFirstConnectionId) {
        accept_waiting(static_cast<std::size_t>(id - kFirstListeningId));
      } else {
        drive(id, scratch);
      }
    }
  }

  void drive(std::uint64_t id, Connection::Scratch& scratch) {
    const std::shared_ptr<Connection> connection = find(id);
    if (connection && !connection->drive(scratch)) forget(id);
  }

  std::shared_ptr<Connection> find(std::uint64_t id) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
  }

  void forget(std::uint64_t id) EXCLUDES(mutex_) {
    std::shared_ptr<Connection> gone;  // destroyed after the lock is released
    const MutexLock lock(mutex_);
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    gone = std::move(found->second);
    connections_.erase(found);
    if (connections_.empty()) changed_.notify_all();
  }

  // --- Accepting ---

  void accept_waiting(std::size_t index) EXCLUDES(accept_mutex_) {
    const MutexLock lock(accept_mutex_);
    if (index >= listening_.size()) return;
    for (int i = 0; i < kAcceptsInARow; ++i) {
      FileDescriptor socket(
          ::accept4(listening_[index].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.valid()) {
        if (!admit_if_possible(std::move(socket))) return;
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
      // Out of descriptors or memory: the sweeper tries again in a while.
      accept_paused_ = true;
      context_.log.error("cannot accept connections for now: too many open files or too little memory");
      return;
    }
    rearm_listening(index);
  }

  // False: there is no memory; the sweeper goes on accepting in a while.
  bool admit_if_possible(FileDescriptor socket) REQUIRES(accept_mutex_) EXCLUDES(mutex_) {
    try {
      admit(std::move(socket));
      return true;
    } catch (const std::bad_alloc&) {
      accept_paused_ = true;
      return false;
    }
  }

  void rearm_listening(std::size_t index) REQUIRES(accept_mutex_) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = kFirstListeningId + index;
    ::epoll_ctl(context_.epoll.get(), EPOLL_CTL_MOD, listening_[index].get(), &event);
  }

  void admit(FileDescriptor socket) EXCLUDES(mutex_) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::shared_ptr<Connection> connection;
    bool turned_away = false;
    {
      const MutexLock lock(mutex_);
      if (connections_.size() >= most_connections_ + kBeyondLimit) return;
      turned_away = connections_.size() >= most_connections_ && !one_gives_way();
      connection = std::make_shared<Connection>(std::move(socket), next_id_++, context_);
      connections_.emplace(connection->id(), connection);
    }
    if (!connection->enter(turned_away)) {
      connection->close();
      forget(connection->id());
    }
  }

  // Of those that wait for a request the one that has waited longest; else the one that has been stalled for
  // longest by its client, if that is long enough; false: there is none. So who leaves connections lying
  // about takes no place from anybody.
  bool one_gives_way() REQUIRES(mutex_) {
    const auto stalled = (Steady::now() - context_.limits.stall).time_since_epoch().count();
    for (;;) {
      Connection* idle = nullptr;
      Connection* stuck = nullptr;
      for (const auto& [id, connection] : connections_) {
        const Connection::Waits waits = connection->waits();
        if (waits == Connection::Waits::ForRequest) {
          if (!idle || connection->deadline() < idle->deadline()) idle = connection.get();
        } else if (waits == Connection::Waits::ForClient && connection->stalled_since() <= stalled) {
          if (!stuck || connection->stalled_since() < stuck->stalled_since()) stuck = connection.get();
        }
      }
      Connection* leaves = idle ? idle : stuck;
      if (!leaves) return false;
      if (leaves->give_way()) return true;  // else it has just moved
    }
  }

  // --- Deadlines ---

  void sweep() EXCLUDES(mutex_) {
    const AllocationScope scope(Allocations::ForAll);
    const Limits& limits = context_.limits;
    const Duration shortest =
        std::min({limits.header_deadline, limits.body_idle, limits.idle_deadline, limits.linger_deadline});
    const Duration period = std::clamp(shortest / 4, Duration(5), Duration(250));
    FreeMemory free_memory;
    while (true) {
      std::vector<std::shared_ptr<Connection>> overdue;
      {
        const MutexLock lock(mutex_);
        const auto until = Steady::now() + period;
        while (!quit_ && Steady::now() < until) changed_.wait_until(mutex_, until);
        if (quit_) return;
        const auto now = Steady::now();
        for (const auto& [id, connection] : connections_) {
          if (connection->overdue(now)) overdue.push_back(connection);
        }
      }
      for (const auto& connection : overdue) connection->expire();
      context_.crew.look_around();
      free_memory.give_back(Steady::now());
      const MutexLock lock(accept_mutex_);
      if (!std::exchange(accept_paused_, false)) continue;
      for (std::size_t index = 0; index < listening_.size(); ++index) rearm_listening(index);
    }
  }

  // --- Stopping ---

  void halt() EXCLUDES(mutex_, accept_mutex_) {
    const AllocationScope scope(Allocations::ForAll);
    {
      const MutexLock lock(accept_mutex_);
      listening_.clear();
    }
    context_.stopping = true;
    for (const auto& connection : all()) connection->poke();
    {
      // What is being answered gets a moment; everything else has closed by then.
      const MutexLock lock(mutex_);
      const auto until = Steady::now() + context_.limits.linger_deadline;
      while (!connections_.empty() && !workers_.empty() && Steady::now() < until) {
        changed_.wait_until(mutex_, until);
      }
      quit_ = true;
      changed_.notify_all();
    }
    context_.crew.dismiss();
    ::eventfd_write(wake_.get(), 1);
    for (auto& worker : workers_) worker.join();
    workers_.clear();
    if (sweeper_.joinable()) sweeper_.join();
    for (const auto& connection : all()) {
      connection->close();
      forget(connection->id());
    }
  }

  std::vector<std::shared_ptr<Connection>> all() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Connection>> connections;
    connections.reserve(connections_.size());
    for (const auto& [id, connection] : connections_) connections.push_back(connection);
    return connections;
  }

  ConnectionContext context_;
  const std::size_t most_connections_;
  FileDescriptor wake_;
  Mutex accept_mutex_;
  std::vector<FileDescriptor> listening_ GUARDED_BY(accept_mutex_);
  bool accept_paused_ GUARDED_BY(accept_mutex_) = false;
  const int worker_count_;
  bool quit_ GUARDED_BY(mutex_) = false;
  Mutex mutex_;
  CondVar changed_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_ GUARDED_BY(mutex_);
  std::uint64_t next_id_ GUARDED_BY(mutex_) = kFirstConnectionId;
  std::vector<std::thread> workers_;
  std::thread sweeper_;
};

}  // namespace

Result<std::unique_ptr<Listener>> start_epoll_listener(const ListenOptions& options, Handler& handler,
                                                       Log& log) {
  ASSIGN_OR_RETURN(std::vector<FileDescriptor> listening, listen_at(options.host, options.port));
  auto listener = std::make_unique<EpollListener>(options, handler, log, std::move(listening));
  if (!listener->run())
    return make_error(ErrorKind::InternalError, "cannot listen: no file descriptors are left");
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace zest::http

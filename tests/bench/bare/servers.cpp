#include <httplib.h>
#include <sqlite3.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "bench/bare/bare.h"

namespace bare {
namespace {

constexpr int kThreads = 64;
constexpr const char* kJson = "application/json; charset=utf-8";

void tune(httplib::Server& server) {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000);
}

int serve(httplib::Server& server) {
  const int port = server.bind_to_any_port("127.0.0.1");
  std::printf("{\"port\": %d}\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}

void check(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  std::fprintf(stderr, "%s\n", sqlite3_errmsg(database));
  std::exit(1);
}

// One thread that inserts what waits and commits it as one transaction.
class GroupWriter {
 public:
  GroupWriter(const std::string& path, const std::string& synchronous) {
    check(sqlite3_open(path.c_str(), &database_), database_);
    run("PRAGMA synchronous=" + synchronous + "; PRAGMA journal_mode=WAL; PRAGMA cache_size=-16384");
    run("CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT NOT NULL)");
    run("CREATE TABLE outbox (id INTEGER PRIMARY KEY, object INTEGER NOT NULL, status TEXT NOT NULL)");
    prepare("INSERT INTO objects (name, body) VALUES (?, ?)", object_);
    prepare("INSERT INTO outbox (object, status) VALUES (?, 'pending')", outbox_);
    std::thread([this] { loop(); }).detach();
  }

  void keep(const std::string& body) {
    Row row{&body};
    std::unique_lock<std::mutex> lock(mutex_);
    waiting_.push_back(&row);
    came_.notify_one();
    committed_.wait(lock, [&row] { return row.committed; });
  }

 private:
  struct Row {
    const std::string* body;
    bool committed = false;
  };

  void loop() {
    for (;;) {
      std::deque<Row*> group;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        came_.wait(lock, [this] { return !waiting_.empty(); });
        group.swap(waiting_);
      }
      run("BEGIN IMMEDIATE");
      for (const Row* row : group) insert(*row->body);
      run("COMMIT");
      const std::lock_guard<std::mutex> lock(mutex_);
      for (Row* row : group) row->committed = true;
      committed_.notify_all();
    }
  }
  void insert(const std::string& body) {
    char name[32];
    std::snprintf(name, sizeof name, "obj_%012llx", ++last_);
    sqlite3_bind_text(object_, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(object_, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    step(object_);
    sqlite3_bind_int64(outbox_, 1, sqlite3_last_insert_rowid(database_));
    step(outbox_);
  }
  void step(sqlite3_stmt* statement) {
    check(sqlite3_step(statement), database_);
    sqlite3_reset(statement);
  }
  void run(const std::string& sql) {
    check(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), database_);
  }
  void prepare(const char* sql, sqlite3_stmt*& statement) {
    check(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), database_);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* object_ = nullptr;
  sqlite3_stmt* outbox_ = nullptr;
  unsigned long long last_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::condition_variable committed_;
  std::deque<Row*> waiting_;
};

}  // namespace

int serve_hello() {
  httplib::Server server;
  tune(server);
  const auto hello = [](const httplib::Request&, httplib::Response& response) {
    response.set_content(R"({"hello":"world"})", kJson);
  };
  server.Get("/hello", hello);
  server.Post("/hello", hello);
  return serve(server);
}

int serve_rows(const std::string& path, const std::string& synchronous) {
  static GroupWriter writer(path, synchronous);  // its thread lives as long as the process
  httplib::Server server;
  tune(server);
  server.Post("/rows", [](const httplib::Request& request, httplib::Response& response) {
    writer.keep(request.body);
    response.set_content(R"({"hello":"world"})", kJson);
  });
  return serve(server);
}

}  // namespace bare

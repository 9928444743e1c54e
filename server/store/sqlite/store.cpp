// The store: a place, a writer, readers and uploads, put together.
#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include "base/compression.h"
#include "base/embedded.h"
#include "base/id.h"
#include "store/content_file.h"
#include "store/private_folder.h"
#include "store/published.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/open.h"
#include "store/sqlite/place.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/staged.h"
#include "store/sqlite/uploads.h"
#include "store/sqlite/writer.h"

namespace zest::store {
namespace {

constexpr int kWriterCacheKib = 16 * 1024;
constexpr int kReaderCacheKib = 4 * 1024;

// More than a database without a row has. [sandbox]
constexpr std::size_t kLargestImage = std::size_t{1} << 20;

// The database's own random name, among its meta values.
constexpr std::string_view kNameMeta = "local.name";
constexpr std::string_view kProbeMeta = "local.probe";

ConnectionSettings settings_for(const SqliteOptions& options, const Place& place) {
  ConnectionSettings settings;
  settings.cache_kib = kReaderCacheKib;
  settings.checkpoint_on_close = options.database.has_value();
  settings.temporary_files = temporary_files_work();
  settings.displaced = [&place] { return place.displaced().has_value(); };
  if (!options.database) {
    settings.synchronous = Synchronous::Off;
  } else {
    settings.synchronous = options.durable ? Synchronous::Full : Synchronous::Normal;
  }
  return settings;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Place> place, const SqliteOptions& options, Log& log)
      : place_(std::move(place)),
        settings_(settings_for(options, *place_)),
        log_(log),
        files_(place_->files(), !place_->is_temporary() && options.durable, log),
        uploads_(
            files_, [this](const auto& body) { return readers_.run(body); },
            [this](const auto& body) { return writer_->run(body); }, log),
        limits_(options.limits),
        readers_([this] { return connect_reader(); }, options.readers, log) {}

  ~SqliteStore() override { SqliteStore::close(); }

  // Throws Unavailable.
  Result<void> start(const SqliteOptions& options, const std::string& name) {
    std::optional<std::string> image;
    if (place_->is_temporary()) image = decompress(embedded::empty_database().front().bytes, kLargestImage);
    if (image) place_->begin_as(*image);
    std::unique_ptr<Connection> writing = connect(Connection::LogWrites::Gathered);
    ASSIGN_OR_RETURN(const bool without_schema, check_schema(*writing, name));
    const bool fresh = without_schema || image;
    // Before there is a schema: a database must not come to be beside uploads that are not its own.
    const std::optional<std::string> named = fresh ? std::nullopt : Queries(*writing).meta(kNameMeta);
    const std::string own_name = named.value_or(make_uuid());
    RETURN_IF_ERROR(files_.create_folders());
    RETURN_IF_ERROR(files_.claim(own_name, !fresh));
    ConnectionSettings settings = settings_;
    settings.cache_kib = kWriterCacheKib;
    settings.max_pages = options.max_pages;
    writing->configure(settings);
    migrate(*writing);
    if (!named) SqliteWrite(*writing, options.limits, published_, nullptr).set_meta(kNameMeta, own_name);
    writing->query("BEGIN IMMEDIATE").run();
    return_in_flight(*writing);
    writing->query("COMMIT").run();
    sweep_what_is_left(*writing);
    published_.set_lanes(Queries(*writing).lanes());
    place_->watch_log();
    std::unique_ptr<Connection> checkpointing = connect();
    checkpointing->configure(settings_);
    checkpointer_ = std::make_unique<Checkpointer>(std::move(checkpointing),
                                                   settings_.synchronous != Synchronous::Off, log_);
    writer_ = std::make_unique<Writer>(
        std::move(writing), options.limits, published_, *checkpointer_,
        [this](const std::string& sha256) { files_.used(sha256); }, [this] { return place_->displaced(); },
        log_);
    return {};
  }

  void post(std::function<Result<void>(Write&)> body,
            std::function<void(const Result<void>&)> done) override {
    writer_->post(std::move(body), std::move(done));
  }

  std::uint64_t version(Topic topic) const override { return published_.version(topic); }
  void on_event(OnEvent observer) override { published_.on_event(std::move(observer)); }
  std::optional<Lane> committed_lane(std::string_view client_id) const override {
    return published_.lane(client_id);
  }

  Result<std::unique_ptr<Staged>> stage() override {
    try {
      return std::unique_ptr<Staged>(std::make_unique<SqliteStaged>(files_.spool(), limits_, log_));
    } catch (const Unavailable& failure) {
      return unavailable_error(log_, failure.what());
    }
  }

  Result<void> replace(Staged& staged, const std::function<Result<void>(Read&, Write&)>& finish) override {
    auto& next = static_cast<SqliteStaged&>(staged);
    return writer_->run_alone([this, &next, &finish](Connection& db) -> Result<void> {
      RETURN_IF_ERROR(next.change([&db, &finish](Write& coming) -> Result<void> {
        SqliteRead present(db);
        return finish(present, coming);
      }));
      next.take_over_meta(db);
      db.copy_from(next.complete());
      for (const std::string& sha256 : next.referenced_uploads()) files_.used(sha256);
      published_.set_lanes(Queries(db).lanes());
      published_.changed(Topic::Credentials);
      published_.changed(Topic::ChaosRules);
      published_.changed(Topic::SpvRequests);
      return {};
    });
  }

  Result<void> ready() override {
    if (const std::optional<std::string> displaced = place_->displaced())
      return unavailable_error(*displaced);
    if (!writer_->failing()) return {};
    // Nothing else may come that tells whether the medium works again.
    return run_write([](Write& tx) -> Result<void> {
      // Another value than before: SQLite does not write what stays as it is.
      tx.set_meta(kProbeMeta, tx.meta(kProbeMeta) == "1" ? "0" : "1");
      return {};
    });
  }

  Uploads& uploads() override { return uploads_; }

  void close() override {
    if (writer_ != nullptr) writer_->stop();
    readers_.close();
  }

 protected:
  Result<void> run_write(const std::function<Result<void>(Write&)>& body) override {
    return writer_->run(body);
  }
  Result<void> run_read(const std::function<void(Read&)>& body) override { return readers_.run(body); }
  Result<void> run_read_apart(const std::function<void(Read&)>& body) override {
    return readers_.run_apart(body);
  }

 private:
  // Nothing is on its way yet.
  void sweep_what_is_left(Connection& db) {
    const std::vector<std::string> referenced = Queries(db).referenced_uploads();
    for (const std::string& name : files_.content()) {
      if (!std::binary_search(referenced.begin(), referenced.end(), name)) files_.remove(name, true);
    }
    files_.remove_spooled(true);
  }

  // Never makes the file: what is gone must not come back empty.
  std::unique_ptr<Connection> connect(
      Connection::LogWrites log_writes = Connection::LogWrites::Single) const {
    return std::make_unique<Connection>(place_->database(), Connection::Open::Existing, log_writes);
  }
  // Throws Unavailable, also when the path leads to another database by now.
  std::unique_ptr<Connection> connect_reader() const {
    if (const std::optional<std::string> displaced = place_->displaced()) throw Unavailable(*displaced);
    std::unique_ptr<Connection> connection = connect();
    ConnectionSettings settings = settings_;
    settings.read_only = true;
    connection->configure(settings);
    return connection;
  }

  // Destroyed from the last to the first: connections before the folder that they live in.
  const std::unique_ptr<Place> place_;
  const ConnectionSettings settings_;
  Log& log_;
  ContentFiles files_;
  SqliteUploads uploads_;
  const Limits limits_;
  Published published_;
  Readers readers_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Writer> writer_;
};

Error cannot_be_opened(const SqliteOptions& options, const std::string& name, const std::string& why) {
  const std::string advice = options.database ? "" : kWhereElse;
  return make_error(ErrorKind::InvalidRequest,
                    "The database " + name + " cannot be opened: " + why + "." + advice);
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, Log& log) {
  sweep_private_folders();
  ASSIGN_OR_RETURN(std::unique_ptr<Place> place,
                   options.database ? Place::at(*options.database) : Place::temporary());
  const std::string name =
      options.database ? options.database->string() : "in " + place->database().parent_path().string();
  auto store = std::make_unique<SqliteStore>(std::move(place), options, log);
  try {
    RETURN_IF_ERROR(store->start(options, name));
  } catch (const std::system_error& failure) {
    // A thread that may not be started is no matter of the place.
    if (failure.code() == std::errc::resource_unavailable_try_again) throw;
    return cannot_be_opened(options, name, failure.what());
  } catch (const std::exception& failure) {
    return cannot_be_opened(options, name, failure.what());
  }
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace zest::store

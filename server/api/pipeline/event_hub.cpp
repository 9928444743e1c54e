#include "api/pipeline/event_hub.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"
#include "model/codec.h"

namespace zest::api {
namespace {

using Steady = std::chrono::steady_clock;

// What one viewer is given at once, and when it is given more: a long replay stays below what a stream
// queues.
constexpr std::size_t kPortionBytes = 32 * 1024;
constexpr Duration kPortionPause{10};

std::string event_text(std::optional<std::uint64_t> id, std::string_view name, const Json& data) {
  std::string text;
  if (id) text += "id: " + std::to_string(*id) + "\n";
  text.append("event: ").append(name).append("\ndata: ").append(dump_json(data)).append("\n\n");
  return text;
}

}  // namespace

Json to_json(const engine::ChaosNote& note) {
  Json json{{"deliveryId", note.delivery_id},
            {"clientId", note.client_id},
            {"eventType", note.event_type},
            {"rule", note.rule_id},
            {"what", to_string(note.what)}};
  if (note.until) json["until"] = format_instant(*note.until);
  return json;
}

Json to_json(const engine::AttemptReport& report) {
  Json json{{"deliveryId", report.attempt.delivery_id},
            {"clientId", report.client_id},
            {"eventType", report.event_type},
            {"status", to_string(report.status_after)}};
  if (report.next_attempt_at) json["nextAttemptAt"] = format_instant(*report.next_attempt_at);
  json.update(zest::to_json(report.attempt));
  json.erase("requestHeaders");
  json.erase("responseBody");
  return json;
}

EventHub::EventHub(const WallClock& clock, Duration ping_interval)
    : ping_interval_(ping_interval),
      first_id_(static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(clock.wall()), 1)) * 1000),
      next_id_(first_id_),
      thread_([this] {
        name_thread("event-stream");
        run();
      }) {}

EventHub::~EventHub() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void EventHub::add(std::optional<std::string> client_id,
                   std::variant<engine::AttemptReport, JournalEntry, Note> what) {
  auto event = std::make_shared<Event>();
  event->id = next_id_++;
  event->client_id = std::move(client_id);
  event->what = std::move(what);
  events_.push_back(std::move(event));
  if (events_.size() > kKeptEvents) events_.pop_front();
  if (!places_.empty()) changed_.notify_all();
}

void EventHub::attempt(const engine::AttemptReport& report) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  Timing& timing = counters_.attempts[{report.event_type, std::string(to_string(report.attempt.kind)),
                                       report.attempt.delivered ? "delivered" : "failed"}];
  timing.count += 1;
  timing.total += report.attempt.latency;
  add(report.client_id, engine::without_exchange(report));
}

void EventHub::request(const JournalEntry& entry) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  Timing& timing = counters_.requests[{entry.method, entry.operation, entry.status}];
  timing.count += 1;
  timing.total += entry.duration;
  JournalEntry line = entry;
  line.detail.reset();
  add(entry.client_id, std::move(line));
}

void EventHub::note(std::string name, std::optional<std::string> client_id, Json data) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  add(std::move(client_id), Note{std::move(name), std::move(data)});
}

bool EventHub::has_room(const std::optional<std::string>& client_id) {
  const std::string share = client_id.value_or("");
  const MutexLock lock(mutex_);
  if (!shares_.has_room(share)) free_places_of_those_gone();
  return shares_.has_room(share) && !stopping_;
}

std::size_t EventHub::viewers() {
  const MutexLock lock(mutex_);
  free_places_of_those_gone();
  return places_.size();
}

// The thread would notice it too, but only when it next has something to write.
void EventHub::free_places_of_those_gone() {
  free_places([](const Place& place) { return place.stream->client_gone(); });
}

void EventHub::free_places(const std::function<bool(const Place&)>& is_free) {
  const auto first = std::partition(places_.begin(), places_.end(),
                                    [&is_free](const Place& place) { return !is_free(place); });
  for (auto place = first; place != places_.end(); ++place) shares_.give_back(place->share);
  places_.erase(first, places_.end());
}

EventHub::Counters EventHub::counters() const {
  const MutexLock lock(mutex_);
  return counters_;
}

void EventHub::add_viewer(std::shared_ptr<http::Responder::StreamWriter> stream,
                          std::optional<std::uint64_t> last_event_id, std::optional<std::string> client_id) {
  const AllocationScope scope(Allocations::ForAll);
  const std::string share = client_id.value_or("");
  const MutexLock lock(mutex_);
  if (!shares_.has_room(share)) free_places_of_those_gone();
  if (stopping_ || !shares_.take(share)) {
    stream->close();
    return;
  }
  places_.push_back({stream, share});
  Viewer viewer{std::move(stream), std::move(client_id), next_id_};
  if (last_event_id) {
    // 0 asks for all there is. An identifier that this hub has not given yet is another one's: what came
    // between them is unknown, so the viewer is told of a gap.
    viewer.next_id = *last_event_id == 0 ? first_id_ : *last_event_id + 1;
    if (viewer.next_id > next_id_) viewer.next_id = 1;
  }
  arrivals_.push_back(std::move(viewer));
  changed_.notify_all();
}

std::string EventHub::format(const Event& event) {
  if (const auto* report = std::get_if<engine::AttemptReport>(&event.what)) {
    return event_text(event.id, "attempt", to_json(*report));
  }
  if (const auto* entry = std::get_if<JournalEntry>(&event.what)) {
    return event_text(event.id, "request", to_json(*entry));
  }
  const Note& note = std::get<Note>(event.what);
  return event_text(event.id, note.name, note.data);
}

// Writes what the viewer has not seen of `events`, one portion at most. `texts` holds what was formatted
// already. False: the viewer is gone.
bool EventHub::give(Viewer& viewer, const Events& events, std::vector<std::string>& texts) {
  if (events.empty() || viewer.next_id > events.back()->id) return true;
  std::string portion;
  const std::uint64_t oldest = events.front()->id;
  if (viewer.next_id < oldest) {
    portion = event_text(std::nullopt, "gap", Json{{"missedBefore", std::to_string(oldest)}});
    viewer.next_id = oldest;
  }
  auto index = static_cast<std::size_t>(viewer.next_id - oldest);
  for (; index < events.size(); ++index) {
    const Event& event = *events[index];
    viewer.next_id = event.id + 1;
    if (viewer.client_id && event.client_id && *viewer.client_id != *event.client_id) continue;
    if (texts[index].empty()) texts[index] = format(event);
    portion += texts[index];
    if (portion.size() >= kPortionBytes) break;
  }
  return portion.empty() || viewer.stream->write(portion);
}

// Sleeps until there is something to do: newcomers, events, or `work.wake_at`. False: the hub is at its end.
bool EventHub::wait_for_work(Work& work) {
  const MutexLock lock(mutex_);
  while (!stopping_ && arrivals_.empty() && Steady::now() < work.wake_at &&
         (work.behind || work.viewers.empty() || work.offered == next_id_)) {
    changed_.wait_until(mutex_, work.wake_at);
  }
  for (Viewer& viewer : arrivals_) work.viewers.push_back(std::move(viewer));
  arrivals_.clear();
  work.offered = next_id_;
  work.events.clear();
  if (work.viewers.empty() || events_.empty()) return !stopping_;
  const auto first = std::min_element(work.viewers.begin(), work.viewers.end(),
                                      [](const Viewer& a, const Viewer& b) { return a.next_id < b.next_id; });
  const std::uint64_t oldest = events_.front()->id;
  const auto skip = static_cast<std::ptrdiff_t>(first->next_id > oldest ? first->next_id - oldest : 0);
  work.events.assign(events_.begin() + skip, events_.end());
  return !stopping_;
}

// Gives each viewer its next portion, and lets go of those that are gone.
void EventHub::serve(Work& work, bool ping) {
  work.behind = false;
  std::vector<std::string> texts(work.events.size());
  const auto stays = [&work, &texts, ping](Viewer& viewer) {
    if (ping && !viewer.stream->write(": ping\n\n")) return false;
    if (!give(viewer, work.events, texts)) return false;
    work.behind = work.behind || viewer.next_id < work.offered;
    return true;
  };
  const auto gone = std::stable_partition(work.viewers.begin(), work.viewers.end(), stays);
  if (gone != work.viewers.end()) {
    const MutexLock lock(mutex_);
    free_places([&work, gone](const Place& place) {
      return std::any_of(gone, work.viewers.end(),
                         [&place](const Viewer& viewer) { return viewer.stream == place.stream; });
    });
  }
  work.viewers.erase(gone, work.viewers.end());
}

void EventHub::run() {
  const AllocationScope scope(Allocations::ForAll);
  Work work;
  Steady::time_point next_ping = Steady::now() + ping_interval_;
  work.wake_at = next_ping;
  while (wait_for_work(work)) {
    const bool ping = Steady::now() >= next_ping;
    if (ping) next_ping = Steady::now() + ping_interval_;
    serve(work, ping);
    work.wake_at = work.behind ? std::min(Steady::now() + kPortionPause, next_ping) : next_ping;
  }
  for (Viewer& viewer : work.viewers) viewer.stream->close();
}

}  // namespace zest::api

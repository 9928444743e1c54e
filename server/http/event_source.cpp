#include "http/event_source.h"

#include <curl/curl.h>

#include "http/transfer.h"

namespace zest::http {
namespace {

constexpr long kConnectSeconds = 10;
constexpr std::size_t kKeptBody = 64 * 1024;
constexpr std::size_t kLongestEvent = std::size_t{4} << 20;  // more is no event of ours

class EventReader {
 public:
  using OnEvent = std::function<bool(std::string_view name, std::string_view data)>;
  EventReader(CURL* handle, const OnEvent& on_event) : handle_(handle), on_event_(on_event) {}

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    const std::string_view bytes(data, size * count);
    return static_cast<EventReader*>(self)->take(bytes) ? bytes.size() : 0;
  }

  bool ended_by_us() const { return ended_by_us_; }
  std::string take_other_body() { return std::move(other_body_); }

 private:
  bool take(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
      other_body_.append(bytes.substr(0, kKeptBody - std::min(kKeptBody, other_body_.size())));
      return true;
    }
    pending_.append(bytes);
    std::size_t begin = 0;
    for (std::size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
      std::string_view line = std::string_view(pending_).substr(begin, end - begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      begin = end + 1;
      if (!take_line(line)) return false;
    }
    pending_.erase(0, begin);
    return pending_.size() + data_.size() <= kLongestEvent;
  }

  bool take_line(std::string_view line) {
    if (line.empty()) {
      const bool go_on = data_.empty() || on_event_(name_, data_);
      ended_by_us_ = !go_on;
      name_.clear();
      data_.clear();
      return go_on;
    }
    const std::size_t colon = line.find(':');
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (line.starts_with("event:")) name_ = value;
    if (line.starts_with("data:")) data_.append(data_.empty() ? "" : "\n").append(value);
    return true;
  }

  CURL* handle_;
  const OnEvent& on_event_;
  std::string pending_;
  std::string name_;
  std::string data_;
  std::string other_body_;
  bool ended_by_us_ = false;
};

}  // namespace

StreamEnd follow_events(const std::string& url, const Headers& headers,
                        const std::function<bool(std::string_view, std::string_view)>& on_event) {
  initialise_curl();
  const CurlEasy handle(curl_easy_init());
  StreamEnd end;
  if (!handle) {
    end.failure = "no memory";
    return end;
  }
  curl_slist* lines = curl_slist_append(nullptr, "Accept: text/event-stream");
  for (const auto& [name, value] : headers.fields()) {
    lines = curl_slist_append(lines, (name + ": " + value).c_str());
  }
  const CurlList list(lines);
  EventReader reader(handle.get(), on_event);
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &EventReader::on_body);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &reader);
  const CURLcode code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  end.status = static_cast<int>(status);
  end.body = reader.take_other_body();
  if (code != CURLE_OK && !reader.ended_by_us()) end.failure = curl_easy_strerror(code);
  return end;
}

}  // namespace zest::http

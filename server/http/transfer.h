// One exchange of libcurl and its verdict: sets up an easy handle for a Call, collects the answer, names the
// failure. Thread-safety: none; a transfer and its handle belong to one thread.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/caller.h"
#include "http/kept_connections.h"

namespace zest::http {

struct CurlEasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;

struct CurlListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

// libcurl's process-wide set-up; the first caller does it.
void initialise_curl();

class Transfer {
 public:
  using Steady = std::chrono::steady_clock;

  // `handle` is fresh or reset. `kept` outlives the transfer.
  Transfer(Call call, CurlEasy handle, KeptConnections& kept);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  // When the transfer wants on_time() next (paced or cut bodies); nothing for ordinary ones.
  std::optional<Steady::time_point> wake_at() const { return wake_at_; }
  // Goes on with a paced body. False: the planned disconnect is due, the transfer is to be ended.
  bool on_time(Steady::time_point now);

  // The name whose addresses the transfer needs before it may start; "": none.
  std::string name_to_look_up();
  // What was found for it; the time that took counts.
  void use_addresses(const Addresses& addresses);
  Steady::time_point deadline() const { return started_ + call_.timeout; }

  // Nothing was sent, for the connection at hand had idled too long: the transfer is to run again, and then
  // on a new one.
  bool wants_new_connection() const { return stale_connection_; }
  void use_new_connection();

  // The verdict; call once, after the handle has left its multi.
  Outcome finish(CURLcode code);
  Outcome cancelled();
  Outcome disconnected();
  Outcome unresolved();   // there is no such name
  Outcome late_lookup();  // the deadline came before the addresses

  // Gives the handle back for another transfer.
  CurlEasy release();

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* kept, curl_socket_t socket);
  static int on_connected(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port);

  void set_up();
  void set_up_connection();
  void set_up_method();
  void set_up_headers();
  void set_timeout(Duration left);
  std::size_t next_body_bytes(char* buffer, std::size_t room);
  std::size_t next_source_bytes(char* buffer, std::size_t room);
  long status() const;
  KeptConnections::Answer answer() const;
  bool is_for_sink() const;
  bool may_leave_whole() const;
  void leave_in_pieces();
  std::size_t body_bytes_sent() const;
  std::size_t body_end() const;
  void header_line(std::string_view line);
  Outcome take_outcome();

  Call call_;
  KeptConnections& kept_;
  CurlEasy handle_;
  CurlList headers_;
  std::string name_;  // to look up, with its port
  std::string port_;
  CurlList addresses_;
  Outcome outcome_;
  Steady::time_point started_ = Steady::now();
  std::string endpoint_;     // as kept_ knows it
  bool probes_ = false;      // KeptConnections::Use::Probe
  std::string connection_;   // that carries the exchange, as kept_ names it
  std::vector<int> opened_;  // for this transfer
  bool stale_connection_ = false;
  bool head_begun_ = false;     // of an answer, an interim one included
  bool head_complete_ = false;  // of the final answer
  bool interim_ = false;        // the head at hand
  std::size_t header_bytes_ = 0;
  std::size_t wire_bytes_ = 0;
  bool too_large_ = false;       // the body
  bool head_too_large_ = false;  // an answer that cannot be read
  bool other_version_ = false;   // a head that is none of HTTP/1
  bool whole_ = false;           // leaves_whole()
  std::size_t body_sent_ = 0;    // of a whole one: all, once it may have left
  bool sent_again_ = false;      // libcurl wanted to: it was not let
  std::optional<Steady::time_point> body_started_;
  std::optional<Steady::time_point> wake_at_;
  bool disconnect_planned_ = false;
  char error_text_[CURL_ERROR_SIZE] = {};
};

}  // namespace zest::http

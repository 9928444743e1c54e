#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/bare/bare.h"

namespace bare {
namespace {

// An endpoint on one thread: reads requests as they come, answers each with the same bytes.
class Receiver {
 public:
  explicit Receiver(int status) : status_(std::to_string(status)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::perror("receive");
      std::exit(1);
    }
    watch(listener_);
    std::printf("{\"port\": %d}\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  void run() {
    for (;;) {
      epoll_event events[64];
      const int count = ::epoll_wait(epoll_, events, 64, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener_) {
          accept_one();
        } else {
          read_from(events[i].data.fd);
        }
      }
    }
  }

 private:
  void watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }
  void accept_one() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(connection);
  }
  void read_from(int connection) {
    char buffer[16 * 1024];
    const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
    std::string& input = inputs_[connection];
    if (got > 0) input.append(buffer, static_cast<std::size_t>(got));
    if (got <= 0 || !answer_all(connection, input)) {
      inputs_.erase(connection);
      ::close(connection);
    }
  }
  bool answer_all(int connection, std::string& input) {
    for (std::size_t head; (head = input.find("\r\n\r\n")) != std::string::npos;) {
      const std::size_t field = input.find("Content-Length: ");
      const std::size_t body = field < head ? std::strtoul(input.c_str() + field + 16, nullptr, 10) : 0;
      if (input.size() < head + 4 + body) break;
      const bool asks = input.compare(0, 10, "GET /count") == 0;
      input.erase(0, head + 4 + body);
      const std::string text = asks ? std::to_string(count_) : "";
      if (!asks) ++count_;
      const std::string answer = "HTTP/1.1 " + (asks ? "200" : status_) +
                                 " Said\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" +
                                 text;
      if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
  }

  const std::string status_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  int listener_ = -1;
  std::size_t count_ = 0;
  std::unordered_map<int, std::string> inputs_;
};

// The event of a new investor, as the sandbox sends it.
std::string webhook_body(std::size_t number) {
  char body[640];
  std::snprintf(
      body, sizeof body,
      "{\"id\":\"wde_0123456789%06zx\",\"type\":\"investor.created\",\"occurredAt\":"
      "\"2026-01-01T00:00:00.000Z\",\"data\":{\"partnerInvestorId\":\"inv-%zu\",\"zestPersonId\":"
      "\"psn_0123456789%06zx\",\"email\":\"investor-%zu@example.com\",\"firstName\":\"Ada\",\"lastName\":"
      "\"Lovelace\",\"kycManagedBy\":\"partner\"}}",
      number, number, number, number);
  return body;
}

std::string signature_of(const std::string& body) {
  static constexpr std::string_view kSecret = "whsec_0123456789abcdef0123456789abcdef";
  const std::string seconds = std::to_string(std::time(nullptr));
  const std::string text = seconds + "." + body;
  unsigned char digest[32];
  unsigned int size = sizeof digest;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  std::string hex = "Zest-Signature: t=" + seconds + ",v1=";
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

// One handle and what its present request needs until it is done.
struct Exchange {
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() {
    curl_easy_cleanup(handle);
    curl_slist_free_all(headers);
  }

  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::string body;
};

void start(CURLM* multi, Exchange& exchange, const std::string& url, std::size_t number) {
  curl_slist_free_all(exchange.headers);
  exchange.body = webhook_body(number);
  exchange.headers = curl_slist_append(nullptr, "Content-Type: application/json");
  exchange.headers = curl_slist_append(exchange.headers, "Expect:");
  exchange.headers = curl_slist_append(exchange.headers, signature_of(exchange.body).c_str());
  curl_easy_setopt(exchange.handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(exchange.handle, CURLOPT_HTTPHEADER, exchange.headers);
  curl_easy_setopt(exchange.handle, CURLOPT_POSTFIELDS, exchange.body.c_str());
  curl_easy_setopt(exchange.handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(exchange.body.size()));
  curl_easy_setopt(exchange.handle, CURLOPT_TIMEOUT_MS, 10'000L);
  curl_easy_setopt(exchange.handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(exchange.handle, CURLOPT_PROXY, "");
  curl_easy_setopt(exchange.handle, CURLOPT_PRIVATE, &exchange);
  curl_multi_add_handle(multi, exchange.handle);
}

}  // namespace

int receive(int status) {
  Receiver(status).run();
  return 0;
}

int send(const std::string& url, std::size_t count, std::size_t in_flight) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> owner(curl_multi_init(), curl_multi_cleanup);
  CURLM* const multi = owner.get();
  std::vector<Exchange> exchanges(std::min(in_flight, count));
  const auto began = std::chrono::steady_clock::now();
  std::size_t started = 0;
  std::size_t done = 0;
  for (Exchange& exchange : exchanges) {
    exchange.handle = curl_easy_init();
    start(multi, exchange, url, started++);
  }
  while (done < count) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK) {
        std::fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
        return 1;
      }
      CURL* handle = message->easy_handle;
      char* kept = nullptr;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &kept);
      curl_multi_remove_handle(multi, handle);
      ++done;
      if (started < count) start(multi, *reinterpret_cast<Exchange*>(kept), url, started++);
    }
    if (done < count) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"perSecond\": %.1f}\n", static_cast<double>(count) / took.count());
  return 0;
}

}  // namespace bare

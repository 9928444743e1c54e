// The least that could do each job, to measure the sandbox beside: what the machine and the libraries allow
// when nothing is checked, kept or promised. Each runs until it is killed and prints one line of JSON when it
// is ready, or, for what ends by itself, when it is done.
#pragma once

#include <cstddef>
#include <string>

namespace bare {

// Answers 17 bytes of JSON to GET and POST /hello: cpp-httplib as it comes, with 64 threads and without
// Nagle's delay.
int serve_hello();

// Keeps each body of POST /rows as two rows (object and outbox) of an SQLite database, committed by one
// writer in groups, before it answers. `synchronous`: OFF, NORMAL or FULL.
int serve_rows(const std::string& path, const std::string& synchronous);

// Answers `status` to every request. GET /count says how many POSTs came.
int receive(int status);

// Posts `count` bodies of a webhook's size to `url`, each signed afresh, `in_flight` at a time, by libcurl's
// multi interface on one thread; prints how many a second.
int send(const std::string& url, std::size_t count, std::size_t in_flight);

}  // namespace bare
